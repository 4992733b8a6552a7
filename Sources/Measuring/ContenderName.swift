import Basis
import Tensors

/// One side of a comparison as the command line names it: `MODEL[,KEY=VALUE]..` or `command:LINE`.
public struct ContenderName: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case model(String, Variant)
        /// A line of shell that prints tokens a second.
        case command(String)
    }

    /// What is done otherwise than by default; nil is the default.
    public struct Variant: Hashable, Sendable {
        public internal(set) var threads: Int?
        public internal(set) var level: KernelLevel?
        public internal(set) var batch: Int?
        public internal(set) var cache: CacheElement?
        public internal(set) var embedding: IntegerBits?

        public init() {}
    }

    public let description: String
    public let kind: Kind

    /// Fails on a variant that cannot be.
    public init(_ text: String) throws {
        description = text
        if text.hasPrefix("command:") {
            kind = .command(String(text.dropFirst("command:".count)))
            return
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var (kept, variant) = (Array(parts.prefix(1)), Variant())
        // A comma may be part of a path: only what looks like a variant is one. A shape has its embedding made as it is asked for.
        for part in parts.dropFirst() {
            let isShapes = text.hasPrefix("shape:") && part.hasPrefix("embedding=")
            if try isShapes || !variant.takes(part) { kept.append(part) }
        }
        kind = .model(kept.joined(separator: ","), variant)
    }
}

extension ContenderName.Variant {
    /// Takes `key=value`; false if it has no such key.
    fileprivate mutating func takes(_ text: String) throws -> Bool {
        let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2 else { return false }
        switch words[0] {
        case "threads": threads = try number(text, words[1], most: 1024)
        case "batch": batch = try number(text, words[1], most: 4096)
        case "level": level = try kernelLevel(words[1])
        case "cache": cache = try cacheElement(words[1])
        case "embedding": embedding = try integerBits(words[1])
        default: return false
        }
        return true
    }

    private func number(_ text: String, _ value: String, most: Int) throws -> Int {
        guard let number = Int(value), (1...most).contains(number) else { throw Failure("'\(text)' takes a number of 1 to \(most)") }
        return number
    }

    private func cacheElement(_ name: String) throws -> CacheElement {
        guard let element = CacheElement(rawValue: name) else {
            throw Failure("'cache=\(name)' takes \(CacheElement.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return element
    }

    private func integerBits(_ name: String) throws -> IntegerBits {
        guard let bits = IntegerBits(named: name) else {
            throw Failure("'embedding=\(name)' takes \(IntegerBits.forFloats.map(\.name).joined(separator: ", "))")
        }
        return bits
    }

    private func kernelLevel(_ name: String) throws -> KernelLevel {
        let available = KernelLevel.available
        guard let level = available.first(where: { $0.rawValue == name }) else {
            let names = available.map(\.rawValue).joined(separator: ", ")
            throw Failure("there is no kernel level '\(name)' on this machine; there are \(names)")
        }
        return level
    }
}
