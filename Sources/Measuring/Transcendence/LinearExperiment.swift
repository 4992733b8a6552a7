import Tensors

/// The toy of the paper's figure 7: x is normal in `features` dimensions, its class argmax W x; experts say argmax (W + ξ) x with normal
/// ξ of deviation σ; a linear model learns from samples that an expert each has answered, drawn by lot.
struct LinearExperiment {
    let sigma: Double
    private static let features = 100
    private static let experts = 5
    private static let samples = 10_000
    private static let tests = 5_000

    static let sigmas = [0.1, 0.3, 1, 2]

    func outcome(seed: UInt64) -> TranscendOutcome {
        var random = Random(seed: seed)
        let truth = ClassWeights.normal(Self.features, &random)
        let experts = (0..<Self.experts).map { _ in truth.plus(.normal(Self.features, &random), times: sigma) }
        let inputs = LinearExperiment.inputs(Self.samples, &random)
        let labels = inputs.map { experts[Int.random(in: 0..<Self.experts, using: &random)].best($0) }
        var model = LinearClassifier(features: Self.features)
        model.learn(inputs, labels, &random)
        return judge(model.weights, truth, experts, LinearExperiment.inputs(Self.tests, &random))
    }

    private func judge(_ model: ClassWeights, _ truth: ClassWeights, _ experts: [ClassWeights], _ inputs: [[Double]]) -> TranscendOutcome {
        var accuracies = [Double](repeating: 0, count: TranscendPlan.temperatures.count), right = experts.map { _ in 0.0 }, ceiling = 0.0
        for input in inputs {
            let answer = truth.best(input), votes = experts.map { $0.best(input) }, logits = model.logits(input)
            for (index, probability) in DrawnAnswers.probabilities(of: answer, logits).enumerated() { accuracies[index] += probability }
            for (index, vote) in votes.enumerated() where vote == answer { right[index] += 1 }
            ceiling += DrawnAnswers.plurality(of: answer, votes)
        }
        let count = Double(inputs.count)
        return TranscendOutcome(accuracies: accuracies.map { $0 / count }, experts: right.map { $0 / count }, ceiling: ceiling / count)
    }

    private static func inputs(_ count: Int, _ random: inout Random) -> [[Double]] {
        (0..<count).map { _ in (0..<features).map { _ in Double(random.normal()) } }
    }
}
