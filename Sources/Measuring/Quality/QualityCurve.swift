import Basis

/// What `bench quality --json` printed of a model, read back: how well it does over tokens of thought.
public struct QualityCurve: Hashable, Sendable {
    public let model: String
    /// Bits per byte, or nats a token where nobody knows the bytes; empty without text.
    let losses: [Point]
    let areBits: Bool
    /// Of all questions, and of each kind.
    let accuracies: [Accuracy]

    struct Point: Hashable, Sendable {
        let think: Int
        let value: Double
        /// The standard error; 0 if it is not known.
        let error: Double
    }

    struct Accuracy: Hashable, Sendable {
        /// Nil is all.
        let kind: String?
        let points: [Point]
    }

    /// Whether a file looks like such records.
    public static func isRecord(_ text: [UInt8]) -> Bool {
        (try? JSON(parsing: Array(text.prefix { $0 != 0x0A })))?["record"]?.stringValue == "quality"
    }

    /// The curves in a file, a line each.
    public static func all(in text: [UInt8]) throws -> [QualityCurve] {
        try text.split(separator: 0x0A).enumerated().map { index, line in
            try placing("line \(index + 1)") { try QualityCurve(JSON(parsing: Array(line))) }
        }
    }

    init(_ record: JSON) throws {
        guard record["record"]?.stringValue == "quality", let model = record["model"]?.stringValue else {
            throw Failure("is no record of bench quality")
        }
        let text = QualityCurve.results(record["text"]), questions = QualityCurve.results(record["questions"])
        let areBits = text.allSatisfy { $0["bits_per_byte"]?.doubleValue != nil }
        (self.model, self.areBits) = (model, areBits)
        losses = try text.map { try Point($0, areBits ? "bits_per_byte" : "nats_per_token") }
        accuracies = try QualityCurve.accuracies(questions) + (record["tasks"]?.arrayValue ?? []).flatMap(QualityCurve.accuracies(of:))
        guard !losses.isEmpty || !accuracies.isEmpty else { throw Failure("holds no results") }
    }

    /// Those of the model itself.
    private static func results(_ part: JSON?) -> [JSON] {
        (part?["results"]?.arrayValue ?? []).filter { $0["reference"]?.boolValue != true }
    }

    private static func accuracies(_ results: [JSON]) throws -> [Accuracy] {
        var kinds: [String?] = [], points: [String?: [Point]] = [:]
        for result in results {
            let kind = result["kind"]?.stringValue
            if points[kind] == nil { kinds.append(kind) }
            points[kind, default: []].append(try Point(result, "accuracy"))
        }
        return kinds.map { Accuracy(kind: $0, points: points[$0] ?? []) }
    }

    /// Of all questions of a task, by each metric that is a share of them.
    private static func accuracies(of task: JSON) throws -> [Accuracy] {
        var metrics: [String] = [], points: [String: [Point]] = [:]
        for result in results(task) {
            guard let metric = result["metric"]?.stringValue, metric != "perplexity", result["kind"]?.isNull ?? true else { continue }
            if points[metric] == nil { metrics.append(metric) }
            points[metric, default: []].append(try Point(result, "value"))
        }
        return metrics.map { Accuracy(kind: "\(task["task"]?.stringValue ?? "task") \($0)", points: points[$0] ?? []) }
    }
}

extension QualityCurve.Point {
    fileprivate init(_ result: JSON, _ key: String) throws {
        guard let think = result["think"]?.intValue, think >= 0, let value = result[key]?.doubleValue, value.isFinite else {
            throw Failure("a result has no 'think' or no number '\(key)'")
        }
        let error = result["\(key)_error"]?.doubleValue ?? 0
        (self.think, self.value, self.error) = (think, value, error.isFinite ? abs(error) : 0)
    }
}
