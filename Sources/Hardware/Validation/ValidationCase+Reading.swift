import Basis

extension ValidationCase {
    init(_ json: JSON, path: String) throws {
        let reader = try ObjectReader(json, path: path)
        try reader.only(
            "label", "what", "engine", "rows", "n", "k", "model", "measure", "prompt", "tokens", "batch", "context", "settings", "only",
            "width", "bytes", "device", "factor", "bytes-per-cycle", "fused", "flag", "given", "note", "published")
        label = try reader.required("label", reader.string("label"))
        subject = try Subject(reader)
        (device, isGiven) = (try reader.string("device"), try reader.flag("given") ?? false)
        flag = try reader.string("flag") ?? (isGiven ? "the device's file has it from there" : nil)
        settings = reader.value("settings")?.objectValue?.members.map { ($0.key, $0.value) } ?? []
        let number = try reader.required("published", reader.object("published"))
        try number.only("value", "unit")
        let text = try number.required("unit", number.string("unit"))
        guard let unit = MeasureUnit(text), let value = number.value("value")?.doubleValue else {
            throw Failure("'\(number.path)' is no number with a unit")
        }
        (published, self.unit) = (value * unit.factor, unit.dimension)
    }
}

extension ValidationCase.Subject {
    init(_ reader: ObjectReader) throws {
        func count(_ key: String) throws -> Int { try reader.required(key, reader.integer(key, in: 0...1 << 40)) }
        func model() throws -> JSON { try reader.required("model", reader.value("model")) }
        func number(_ key: String) throws -> Double { try reader.required(key, reader.value(key)?.doubleValue) }
        switch try reader.required("what", reader.string("what")) {
        case "kernel":
            self = .kernel(
                engine: try reader.required("engine", reader.string("engine")), rows: try count("rows"), n: try count("n"),
                k: try count("k"))
        case "model":
            let measure = try reader.required("measure", reader.choice("measure", ValidationCase.Measure.self))
            self = .model(try model(), measure, try Workload(reader))
        case "matrix": self = .matrix(rows: try count("rows"), width: try count("width"))
        case "stream": self = .stream(bytes: try count("bytes"))
        case "attention": self = .attention(tokens: try count("tokens"), width: try count("width"))
        case "block": self = .block(try model(), past: try reader.integer("context", in: 0...1 << 24) ?? 0)
        case "core-token": self = .coreToken(try model(), past: try reader.integer("context", in: 0...1 << 24) ?? 0)
        case "core-energy": self = .coreEnergy(try model(), past: try reader.integer("context", in: 0...1 << 24) ?? 0)
        case "projection": self = .projection(try model(), factor: try number("factor"))
        case "weight-stream": self = .weightStream(try model(), bytesPerCycle: try number("bytes-per-cycle"))
        case "training-step":
            let isFused = try reader.flag("fused") ?? true
            self = .trainingStep(try model(), batch: try count("batch"), tokens: try count("context"), isFused: isFused)
        case let other: throw Failure("'\(reader.place("what"))' is \"\(other)\", which is nothing that can be predicted")
        }
    }
}

extension Workload {
    /// `context` tokens count as read before.
    fileprivate init(_ reader: ObjectReader) throws {
        self.init()
        batch = try reader.integer("batch", in: 1...1 << 20) ?? 1
        prompt = try reader.integer("prompt", in: 0...1 << 24) ?? 0
        tokens = try reader.integer("tokens", in: 1...1 << 24) ?? 1
        blocksOnly = try reader.string("only") == "blocks"
    }
}
