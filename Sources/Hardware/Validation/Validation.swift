import Accelerator
import Basis
import Models

/// Every published number, predicted.
public struct Validation: Sendable {
    /// One number with its prediction.
    public struct Result: Sendable {
        let point: ValidationPoint
        let item: ValidationCase
        /// In the unit of the published number.
        let predicted: Double
        /// Of a claim: operations a second that each chip would have to do for it to be true.
        let implied: Double?

        /// The share by which the prediction is larger.
        var error: Double { predicted / item.published - 1 }
    }

    /// In the points' order.
    public let results: [Result]
    let points: [ValidationPoint]

    /// `device` gives the file of a device, `graph` the graph of a configuration or of `shape:NAME`.
    public init(
        device: (String) throws -> JSON, table: (String) throws -> EnergyTable, graph: @escaping (JSON) throws -> Graph
    ) throws {
        points = try ValidationPoint.bundled()
        results = try points.flatMap { point in
            try point.cases.map { item in
                try placing("point \(point.id), '\(item.label)'") {
                    let file = try item.settings.reduce(device(item.device ?? point.device)) {
                        try DeviceSetting.applied($1.path, $1.value, to: $0)
                    }
                    let predictor = Predictor(device: try Device(file, table: table), graph: graph)
                    return Result(
                        point: point, item: item, predicted: try predictor.predict(item.subject),
                        implied: point.tier == .claim ? try predictor.implied(item) : nil)
                }
            }
        }
    }
}

/// Predicts what a case asks for.
private struct Predictor {
    let device: Device
    let graph: (JSON) throws -> Graph

    func predict(_ subject: ValidationCase.Subject) throws -> Double {
        switch subject {
        case .kernel(let engine, let rows, let n, let k): try kernel(engine, rows: rows, n: n, k: k)
        case .model(let json, let measure, let workload): try measured(json, measure, workload)
        case .matrix(let rows, let width): Double(try core().ternary.cycles(rows: rows, width: width))
        case .stream(let bytes): Double(try core().port.cycles(bytes: bytes))
        case .attention(let tokens, let width): try attention(tokens, width)
        case .block(let json, let past): try simulated(json, past: past).blockSeconds
        case .coreToken(let json, let past): 1 / (try simulated(json, past: past).tokenSeconds)
        case .coreEnergy(let json, let past): try simulated(json, past: past).energy.total
        case .projection(let json, let factor):
            factor / (try simulated(json, past: 0).blockSeconds * Double(model(json).blocks))
        case .weightStream(let json, let bytesPerCycle): try core().clock * bytesPerCycle / (blockBytes(json))
        case .trainingStep(let json, let batch, let tokens, let isFused): try trainingStep(json, batch, tokens, isFused)
        }
    }

    private func model(_ json: JSON) throws -> SimulatedModel { try SimulatedModel("", graph(json)) }

    private func core() throws -> Core {
        guard let core = device.core?.core else { throw Failure("device '\(device.name)' has no core") }
        return core
    }

    private func attention(_ tokens: Int, _ width: Int) throws -> Double {
        guard let cycles = try core().attentionCycles(tokens: tokens, width: width) else {
            throw Failure("device '\(device.name)' has no unit for attention")
        }
        return Double(cycles)
    }

    /// Blocks alone, a token after so many.
    private func simulated(_ json: JSON, past: Int) throws -> CoreSimulation {
        var workload = Workload()
        (workload.prompt, workload.tokens, workload.blocksOnly) = (past, 1, true)
        return try CoreSimulation(model(json), on: device, workload)
    }

    /// Bytes of the trits of all blocks, in two bits.
    private func blockBytes(_ json: JSON) throws -> Double {
        let model = try model(json), works = try model.stages(Pass(), Workload()).joined()
        return works.reduce(0) { $0 + ($1.layer.isBlock && $1.kind == .ternary ? $1.weights / 4 : 0) }
    }

    private func kernel(_ engine: String, rows: Int, n: Int, k: Int) throws -> Double {
        let kind: Work.Kind = engine == "ternary" ? .ternary : engine == "dense" ? .dense : .vector
        var workload = Workload()
        workload.batch = rows
        guard let home = device.memories.last else { throw Failure("device '\(device.name)' has no memory") }
        return Roofline(device, workload, home: home).kernels([[Work(kind, rows: rows, outputs: n, columns: k)]])[0].seconds
    }

    private func measured(_ json: JSON, _ measure: ValidationCase.Measure, _ workload: Workload) throws -> Double {
        let prediction = try Prediction(Simulation(model(json), on: device, workload))
        switch measure {
        case .decodeRate: return prediction.decodeTokensPerSecond
        case .prefillRate: return prediction.prefillTokensPerSecond
        case .totalRate: return Double(workload.batch * (workload.prompt + workload.tokens)) / prediction.seconds
        case .seconds: return prediction.seconds
        case .watts: return prediction.watts
        case .joules: return prediction.joulesPerToken
        case .prefillJoules: return prediction.prefillJoulesPerToken
        }
    }

    /// Operations of prompt and answer, at the published rate of tokens.
    func implied(_ item: ValidationCase) throws -> Double? {
        guard case .model(let json, .totalRate, let workload) = item.subject else { return nil }
        let prediction = try Prediction(Simulation(model(json), on: device, workload))
        let prompts = prediction.prefill.reduce(0) { $0 + $1.times * $1.operations }
        let operations = prompts + Double(workload.tokens - 1) * prediction.decode.operations
        let tokens = Double(workload.batch * (workload.prompt + workload.tokens))
        return operations / tokens * item.published / Double(device.chips)
    }

    /// There and back takes three times as many operations as there (Kaplan et al. 2020, section 2.1), on latent weights of 16 bits.
    private func trainingStep(_ json: JSON, _ batch: Int, _ tokens: Int, _ isFused: Bool) throws -> Double {
        var trainer = device
        trainer.engines.ternary = nil
        let model = try SimulatedModel("", graph(json), optimising: isFused)
        let pass = Pass(sequences: batch, tokens: tokens, wanted: tokens)
        return 3 * (try Simulation(model, on: trainer, Workload()).pass(pass).seconds)
    }
}
