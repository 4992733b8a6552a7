/// Whether a model that learns from experts' answers gives better ones than the best of them (Zhang et al. 2024, "Transcendence:
/// Generative Models Can Outperform The Experts That Train Them").
public struct TranscendPlan: Sendable {
    public var experiments = TranscendExperiment.allCases
    /// How often each arm of an experiment is done, with other random numbers.
    public var seeds = 20
    /// What the random numbers of all begin with.
    public var seed: UInt64 = 0

    public init() {}

    /// What the model's answers are drawn at; the last is greedy but for a few ties.
    static let temperatures = [1.5, 1, 0.75, 0.5, 0.25, 0.1, 0.001]
}

public enum TranscendExperiment: String, CaseIterable, Sendable {
    /// A linear model that learns classes from linear experts.
    case linear
    /// A ternary language model that learns sums from experts who are often wrong.
    case adding
}
