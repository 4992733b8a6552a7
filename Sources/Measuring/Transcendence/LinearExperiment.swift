import Glibc
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

/// A matrix that makes logits of classes: feature after feature, the weights of all classes.
struct ClassWeights: Sendable {
    static let classes = 10
    var values: [Double]

    init(features: Int) { values = [Double](repeating: 0, count: features * ClassWeights.classes) }

    static func normal(_ features: Int, _ random: inout Random) -> ClassWeights {
        var weights = ClassWeights(features: features)
        for index in weights.values.indices { weights.values[index] = Double(random.normal()) }
        return weights
    }

    func plus(_ other: ClassWeights, times factor: Double) -> ClassWeights {
        var sum = self
        for index in sum.values.indices { sum.values[index] += factor * other.values[index] }
        return sum
    }

    func logits(_ input: [Double]) -> [Double] {
        let classes = ClassWeights.classes
        var logits = [Double](repeating: 0, count: classes)
        logits.withUnsafeMutableBufferPointer { logits in
            values.withUnsafeBufferPointer { values in
                for (feature, x) in input.enumerated() {
                    for label in 0..<classes { logits[label] += x * values[feature * classes + label] }
                }
            }
        }
        return logits
    }

    /// The class of the largest logit, the first of equals.
    func best(_ input: [Double]) -> Int {
        let logits = logits(input)
        return logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    }
}

/// Multinomial logistic regression by Adam (Kingma and Ba 2015) over shuffled batches, the rate falling to nothing in a line.
struct LinearClassifier {
    private(set) var weights: ClassWeights
    private var first: [Double]
    private var second: [Double]
    private var steps = 0

    static let epochs = 12
    static let batch = 100
    static let rate = 0.02

    init(features: Int) {
        weights = ClassWeights(features: features)
        (first, second) = (weights.values, weights.values)
    }

    mutating func learn(_ inputs: [[Double]], _ labels: [Int], _ random: inout Random) {
        let total = Self.epochs * inputs.count
        for epoch in 0..<Self.epochs {
            let order = inputs.indices.shuffled(using: &random)
            for start in stride(from: 0, to: order.count, by: Self.batch) {
                let batch = order[start..<min(order.count, start + Self.batch)]
                step(gradient(batch, inputs, labels), rate: Self.rate * (1 - Double(epoch * inputs.count + start) / Double(total)))
            }
        }
    }

    /// Of the mean of -log softmax(W x) at the labels.
    func gradient(_ batch: some Collection<Int>, _ inputs: [[Double]], _ labels: [Int]) -> [Double] {
        let classes = ClassWeights.classes
        var gradient = [Double](repeating: 0, count: weights.values.count)
        gradient.withUnsafeMutableBufferPointer { gradient in
            for sample in batch {
                var errors = DrawnAnswers.softmax(weights.logits(inputs[sample]))
                errors[labels[sample]] -= 1
                errors.withUnsafeBufferPointer { errors in
                    for (feature, x) in inputs[sample].enumerated() {
                        for label in 0..<classes { gradient[feature * classes + label] += x * errors[label] }
                    }
                }
            }
        }
        return gradient.map { $0 / Double(batch.count) }
    }

    private mutating func step(_ gradient: [Double], rate: Double) {
        steps += 1
        let kept = (1 - pow(0.9, Double(steps)), 1 - pow(0.999, Double(steps)))
        for index in gradient.indices {
            first[index] = 0.9 * first[index] + 0.1 * gradient[index]
            second[index] = 0.999 * second[index] + 0.001 * gradient[index] * gradient[index]
            weights.values[index] -= rate * (first[index] / kept.0) / ((second[index] / kept.1).squareRoot() + 1e-8)
        }
    }
}

extension DrawnAnswers {
    static func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0, powers = logits.map { exp($0 - largest) }, total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}
