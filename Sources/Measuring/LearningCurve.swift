import Basis

/// What `think-train` logged of a run, read back.
public struct LearningCurve: Hashable, Sendable {
    /// What the run is called.
    public let name: String
    /// Of each quantity: step and value, in the log's order.
    let points: [String: [Point]]
    /// The quantities, in the order in which the log first has them.
    let quantities: [String]

    struct Point: Hashable, Sendable {
        let step: Int
        let value: Double
    }

    /// Quantities that say how the run went, not what was learnt.
    private static let ways: Set<String> = ["step", "tokens", "seconds", "held_out_tokens", "round", "questions", "held_out_questions"]

    /// Whether a file looks like a log: its first line has a step.
    public static func isLog(_ text: [UInt8]) -> Bool {
        let line = text.prefix { $0 != 0x0A }
        return (try? JSON(parsing: Array(line)))?["step"] != nil
    }

    /// The lines of a log but for a last one that was cut, or is still being written.
    private static func lines(of log: [UInt8]) -> [ArraySlice<UInt8>] {
        let lines = log.split(separator: 0x0A)
        guard log.last != 0x0A, let last = lines.last, (try? JSON(parsing: Array(last))) == nil else { return lines }
        return lines.dropLast()
    }

    public init(_ name: String, log: [UInt8]) throws {
        var points: [String: [Point]] = [:], quantities: [String] = []
        for (index, line) in Self.lines(of: log).enumerated() {
            let members = try placing("line \(index + 1)") { try JSON(parsing: Array(line)).objectValue?.members ?? [] }
            guard let step = members.first(where: { $0.key == "step" })?.value.intValue, step >= 0 else {
                throw Failure("line \(index + 1) has no 'step'")
            }
            for member in members where !Self.ways.contains(member.key) {
                guard let value = member.value.doubleValue, value.isFinite else { continue }
                if points[member.key] == nil { quantities.append(member.key) }
                points[member.key, default: []].append(Point(step: step, value: value))
            }
        }
        guard !quantities.isEmpty else { throw Failure("holds no steps") }
        (self.name, self.points, self.quantities) = (name, points, quantities)
    }
}
