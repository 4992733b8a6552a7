import Basis

/// What `bench speed --json` printed, read back.
public struct RecordedRun: Hashable, Sendable {
    public let model: String
    let limits: [RecordedLimit]
    let points: [RecordedPoint]

    struct RecordedLimit: Hashable, Sendable {
        let threads: Int
        let bytesPerSecond: Double
        let multiplyAddsPerSecond: Double
    }

    struct RecordedPoint: Hashable, Sendable {
        let phase: SpeedPoint.Phase
        let threads: Int
        let batch: Int
        let context: Int
        let tokensPerSecond: Double
        let bytesPerToken: Double
        let multiplyAddsPerToken: Double
    }

    /// The runs in a file of JSON lines, each of which begins with a `machine` record; other records than those of speed are passed over.
    public static func all(in text: [UInt8]) throws -> [RecordedRun] {
        var runs: [[JSON]] = []
        for (index, line) in text.split(separator: 0x0A).enumerated() {
            let record = try placing("line \(index + 1)") { try JSON(parsing: Array(line)) }
            guard let kind = record["record"]?.stringValue else { throw Failure("line \(index + 1) is no record of bench") }
            if kind == "machine" || runs.isEmpty { runs.append([]) }
            runs[runs.count - 1].append(record)
        }
        let found = try runs.compactMap(RecordedRun.init)
        guard !found.isEmpty else { throw Failure("holds neither records of bench nor a log of think-train") }
        return found
    }

    /// Nil for the records of something else.
    private init?(_ records: [JSON]) throws {
        func those(_ kind: String) -> [JSON] { records.filter { $0["record"]?.stringValue == kind } }
        guard let model = those("model").first?["model"]?.stringValue, !those("speed").isEmpty else { return nil }
        self.model = model
        limits = try those("limit").map(RecordedLimit.init)
        points = try those("speed").map(RecordedPoint.init)
    }
}

extension RecordedRun.RecordedLimit {
    fileprivate init(_ record: JSON) throws {
        threads = try record.count("threads")
        bytesPerSecond = try record.rate("read_bytes_per_second")
        multiplyAddsPerSecond = try record.rate("multiply_adds_per_second")
    }
}

extension RecordedRun.RecordedPoint {
    fileprivate init(_ record: JSON) throws {
        guard let phase = record["phase"]?.stringValue.flatMap(SpeedPoint.Phase.init) else {
            throw Failure("a record of speed is of no known phase")
        }
        self.phase = phase
        (threads, batch) = (try record.count("threads"), try record.count("batch"))
        context = record["context"]?.intValue ?? 0
        tokensPerSecond = try record.rate("tokens_per_second")
        bytesPerToken = try record.rate("bytes_per_token")
        multiplyAddsPerToken = try record.rate("multiply_adds_per_token")
    }
}

extension JSON {
    fileprivate func count(_ key: String) throws -> Int {
        guard let value = self[key]?.intValue, value > 0 else { throw Failure("a record has no number of '\(key)'") }
        return value
    }

    fileprivate func rate(_ key: String) throws -> Double {
        guard let value = self[key]?.doubleValue, value > 0, value.isFinite else { throw Failure("a record has no positive '\(key)'") }
        return value
    }
}
