import Glibc
import Tensors

/// A matrix that makes logits of classes: feature after feature, the weights of all classes.
package struct ClassWeights: Sendable {
    package static let classes = 10
    package var values: [Double]

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

    package func logits(_ input: [Double]) -> [Double] {
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
package struct LinearClassifier {
    package var weights: ClassWeights
    private var first: [Double]
    private var second: [Double]
    private var steps = 0

    static let epochs = 12
    static let batch = 100
    static let rate = 0.02

    package init(features: Int) {
        weights = ClassWeights(features: features)
        (first, second) = (weights.values, weights.values)
    }

    package mutating func learn(_ inputs: [[Double]], _ labels: [Int], _ random: inout Random) {
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
    package func gradient(_ batch: some Collection<Int>, _ inputs: [[Double]], _ labels: [Int]) -> [Double] {
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
