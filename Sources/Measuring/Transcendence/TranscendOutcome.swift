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
