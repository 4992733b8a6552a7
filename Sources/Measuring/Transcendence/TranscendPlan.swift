import Glibc

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

/// One way to do an experiment, over all seeds.
struct TranscendArm: Sendable {
    let experiment: TranscendExperiment
    let name: String
    let outcomes: [TranscendOutcome]
}

/// What came of a seed.
struct TranscendOutcome: Hashable, Sendable {
    /// The share of right answers at each temperature: the mean of the right answer's probability.
    let accuracies: [Double]
    /// That of each expert.
    let experts: [Double]
    /// That of what most experts answer, which a model of their mixture would answer at temperature 0 (proposition 2).
    let ceiling: Double

    var best: Double { experts.max() ?? 0 }
    var mean: Double { experts.reduce(0, +) / Double(experts.count) }
}

/// How good answers are that are drawn from logits.
enum DrawnAnswers {
    /// The probability of each temperature that logits give an answer.
    static func probabilities(of answer: Int, _ logits: some Collection<Double>) -> [Double] {
        let largest = logits.max() ?? 0, own = logits[logits.index(logits.startIndex, offsetBy: answer)] - largest
        return TranscendPlan.temperatures.map { temperature in
            let total = logits.reduce(0) { $0 + exp(($1 - largest) / temperature) }
            return exp(own / temperature) / total
        }
    }

    /// Whether most votes are for an answer; a tie is won as often as lot decides.
    static func plurality(of answer: Int, _ votes: [Int]) -> Double {
        var counts: [Int: Int] = [:]
        for vote in votes { counts[vote, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        return counts[answer] == most ? 1 / Double(counts.values.count { $0 == most }) : 0
    }
}
