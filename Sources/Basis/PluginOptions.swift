/// What a plugin can be told on a command line, `name:key=value,key=value`.
public struct PluginOption: Hashable, Sendable {
    public let key: String
    /// What holds where nothing is said, as a command line spells it.
    public let standard: String
    /// One line for the manual.
    public let meaning: String

    public init(_ key: String, _ standard: String, _ meaning: String) { (self.key, self.standard, self.meaning) = (key, standard, meaning) }
}

/// The choice of a plugin on a command line and what it is told: `matmul-free:layers=6,width=256`.
public struct PluginOptions: Hashable, Sendable {
    /// The plugin.
    public let name: String
    private let given: [String: String]
    private let declared: [PluginOption]

    /// Refuses what has not the form `name` or `name:key=value,..`.
    public init(parsing text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var given: [String: String] = [:]
        for pair in parts.dropFirst().first?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = sides.first, sides.count == 2, !key.isEmpty else {
                throw Failure("'\(text)' is not of the form name:key=value,..")
            }
            guard given.updateValue(String(sides[1]), forKey: String(key)) == nil else { throw Failure("'\(text)' says '\(key)' twice") }
        }
        guard let name = parts.first, !name.isEmpty else { throw Failure("'\(text)' names nothing") }
        self.init(name: String(name), given: given, declared: [])
    }

    private init(name: String, given: [String: String], declared: [PluginOption]) {
        (self.name, self.given, self.declared) = (name, given, declared)
    }

    /// The same once the plugin is found: refuses options that it does not have.
    public func declared(as options: [PluginOption]) throws -> PluginOptions {
        for key in given.keys.sorted() where !options.contains(where: { $0.key == key }) {
            let known = options.map(\.key).joined(separator: ", ")
            throw Failure("'\(name)' has no option '\(key)'" + (known.isEmpty ? "" : "; known: \(known)"))
        }
        return PluginOptions(name: name, given: given, declared: options)
    }

    /// The same with defaults for some options, for a plugin that looks at the others itself.
    public func declared(with options: [PluginOption]) -> PluginOptions { PluginOptions(name: name, given: given, declared: options) }

    /// What was said, in alphabetical order, besides some options.
    public func pairs(besides options: [PluginOption]) -> [(key: String, value: String)] {
        given.keys.filter { key in !options.contains { $0.key == key } }.sorted().map { ($0, given[$0] ?? "") }
    }

    /// Every option with the value that holds, as one line that can be parsed again.
    public var text: String {
        let pairs = declared.map { "\($0.key)=\(string($0.key))" }
        return pairs.isEmpty ? name : "\(name):\(pairs.joined(separator: ","))"
    }

    /// What was said, or else what is declared to hold.
    public func string(_ key: String) -> String { given[key] ?? declared.first { $0.key == key }?.standard ?? "" }

    public func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = Int(string(key)), range.contains(value) else {
            throw refusal(key, "an integer of \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A finite number in a range.
    public func number(_ key: String, in range: ClosedRange<Double>) throws -> Double {
        guard let value = Double(string(key)), value.isFinite, range.contains(value) else {
            throw refusal(key, "a number of \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public func flag(_ key: String) throws -> Bool {
        switch string(key) {
        case "true": true
        case "false": false
        default: throw refusal(key, "true or false")
        }
    }

    private func refusal(_ key: String, _ expected: String) -> Failure {
        Failure("'\(name)' takes \(expected) as '\(key)', not '\(string(key))'")
    }
}
