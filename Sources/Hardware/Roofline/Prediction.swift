import Models

/// What a workload takes from the first prompt to the last token.
public struct Prediction: Sendable {
    public let simulation: Simulation
    public let prefill: [PassEstimate]
    /// The token in the middle of the answer.
    public let decode: PassEstimate

    /// Fails where a pass has more operations than can be counted.
    public init(_ simulation: Simulation) throws {
        self.simulation = simulation
        prefill = try simulation.prefill()
        decode = try simulation.decode(past: simulation.workload.prompt + max(0, simulation.workload.tokens - 1) / 2)
    }

    private var workload: Workload { simulation.workload }

    /// Until the first token of the answer is known.
    public var firstTokenSeconds: Double { prefill.isEmpty ? tokenSeconds : prefill.reduce(0) { $0 + $1.times * $1.seconds } }
    /// From a token to the next.
    public var tokenSeconds: Double { decode.seconds }
    /// The first token comes with the prompt.
    public var seconds: Double { firstTokenSeconds + Double(max(0, workload.tokens - 1)) * tokenSeconds }
    public var decodeTokensPerSecond: Double { Double(workload.batch) / decode.seconds }
    public var prefillTokensPerSecond: Double { Double(workload.batch * workload.prompt) / firstTokenSeconds }
    public var joulesPerToken: Double { decode.energy.total / Double(workload.batch) }
    public var prefillJoulesPerToken: Double {
        prefill.reduce(0) { $0 + $1.times * $1.energy.total } / Double(max(1, workload.batch * workload.prompt))
    }
    /// On average, while it decodes.
    public var watts: Double { decode.energy.total / decode.seconds }
}
