import Basis

/// A number that somebody published of a device and a model, and what to predict it from.
struct ValidationPoint: Sendable {
    let id: String
    let tier: Tier
    let kind: Kind
    let device: String
    let title: String
    let source: String
    let note: String?
    let assumption: String?
    let cases: [ValidationCase]

    /// What a prediction is worth: the numbers of the core are made for the exact ones, engines are fitted to the calibrated ones, nothing
    /// is fitted to those out of sample.
    enum Tier: String, CaseIterable, Sendable {
        case exact, calibrated
        case outOfSample = "out-of-sample"
        case projection, claim, reported
    }

    enum Kind: String, CaseIterable, Sendable { case measured, projected, simulated, claimed, derived }

    init(_ json: JSON) throws {
        let reader = try ObjectReader(json, path: "")
        try reader.only("id", "tier", "kind", "device", "title", "source", "note", "assumption", "cases")
        id = try reader.required("id", reader.string("id"))
        tier = try reader.required("tier", reader.choice("tier", Tier.self))
        kind = try reader.required("kind", reader.choice("kind", Kind.self))
        device = try reader.required("device", reader.string("device"))
        title = try reader.required("title", reader.string("title"))
        source = try reader.required("source", reader.string("source"))
        (note, assumption) = (try reader.string("note"), try reader.string("assumption"))
        cases = try reader.required("cases", reader.value("cases")?.arrayValue).enumerated().map {
            try ValidationCase($1, path: "cases.\($0)")
        }
    }

    /// The points that come with the program.
    static func bundled() throws -> [ValidationPoint] {
        let list = try JSON(parsing: PackageResources.points_json, depth: 16).arrayValue ?? []
        return try list.map(ValidationPoint.init)
    }
}

/// One published number.
struct ValidationCase: Sendable {
    let label: String
    let subject: Subject
    /// Another device than that of the point.
    let device: String?
    let settings: [(path: String, value: JSON)]
    /// In the base unit.
    let published: Double
    let unit: Dimension
    /// What a reader must know of the figure.
    let flag: String?
    /// Whether the device's file has it from the same publication: shown, but no prediction.
    let isGiven: Bool

    /// What is predicted.
    enum Subject: Sendable {
        /// Seconds of one product, or of one row-wise kernel: rows of k numbers in, n out.
        case kernel(engine: String, rows: Int, n: Int, k: Int)
        case model(JSON, Measure, Workload)
        /// Cycles of the core's ternary unit, of its port, of a query of its attention unit.
        case matrix(rows: Int, width: Int)
        case stream(bytes: Int)
        case attention(tokens: Int, width: Int)
        /// Seconds of a block in the core, after so many tokens.
        case block(JSON, past: Int)
        /// Tokens a second of all blocks in the core, after so many tokens, and their joules.
        case coreToken(JSON, past: Int)
        case coreEnergy(JSON, past: Int)
        /// Tokens a second if every block took so many times less than the core needs.
        case projection(JSON, factor: Double)
        /// Tokens a second if nothing but the trits of the blocks took time, at so many bytes a cycle.
        case weightStream(JSON, bytesPerCycle: Double)
        /// Seconds of a step of training.
        case trainingStep(JSON, batch: Int, tokens: Int, isFused: Bool)
    }

    enum Measure: String, CaseIterable, Sendable {
        case decodeRate = "decode-tokens-per-second"
        case prefillRate = "prefill-tokens-per-second"
        case totalRate = "total-tokens-per-second"
        case seconds, watts
        case joules = "joules-per-token"
        case prefillJoules = "prefill-joules-per-token"
    }
}
