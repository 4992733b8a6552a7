import Glibc
import Measuring
import Tensors
import Testing

/// What the experiments of transcendence are made of, against the plainest versions.
@Suite struct TranscendenceTests {
    @Test func `votes are counted by hand`() {
        #expect(DrawnAnswers.plurality(of: 3, [3, 1, 3]) == 1 && DrawnAnswers.plurality(of: 1, [3, 1, 3]) == 0)
        #expect(DrawnAnswers.plurality(of: 1, [1, 2, 3, 2, 1]) == 0.5 && DrawnAnswers.plurality(of: 7, [1, 2]) == 0)
        #expect(DrawnAnswers.plurality(of: 2, [1, 2, 3]) == 1.0 / 3)
    }

    @Test func `probabilities sharpen as the temperature falls`() {
        let logits = [0.0, 2, 1], found = logits.indices.map { DrawnAnswers.probabilities(of: $0, logits) }
        // 1.5, 1, 0.75, 0.5, 0.25, 0.1, 0.001.
        for (index, temperature) in [1.5, 1, 0.75, 0.5, 0.25, 0.1, 0.001].enumerated() {
            let total = logits.reduce(0) { $0 + exp(min(700, $1 / temperature)) }
            if temperature > 0.01 { #expect(abs(found[2][index] - exp(1 / temperature) / total) < 1e-12) }
            #expect(abs(found.reduce(0) { $0 + $1[index] } - 1) < 1e-12)
        }
        #expect(found[1].last == 1 && found[0].last == 0)
        #expect(DrawnAnswers.softmax([1000, 1000]) == [0.5, 0.5])
    }

    @Test func `a gradient is what finite differences say`() {
        var random = Random(seed: 3), model = LinearClassifier(features: 5)
        let inputs = (0..<7).map { _ in (0..<5).map { _ in Double(random.normal()) } }, labels = [0, 9, 3, 3, 1, 5, 8]
        for index in model.weights.values.indices { model.weights.values[index] = Double(random.normal()) }
        func loss(_ weights: ClassWeights) -> Double {
            [1, 2, 4, 6].reduce(0) { sum, sample in
                let logits = weights.logits(inputs[sample])
                return sum + log(logits.reduce(0) { $0 + exp($1) }) - logits[labels[sample]]
            } / 4
        }
        let gradient = model.gradient([1, 2, 4, 6], inputs, labels)
        for index in gradient.indices {
            var (up, down) = (model.weights, model.weights)
            up.values[index] += 1e-5
            down.values[index] -= 1e-5
            #expect(abs((loss(up) - loss(down)) / 2e-5 - gradient[index]) < 1e-8)
        }
    }

    @Test func `what can be told apart is learnt`() {
        var random = Random(seed: 1), model = LinearClassifier(features: 3)
        let inputs = (0..<600).map { _ in (0..<3).map { _ in Double(random.normal()) } }
        let labels = inputs.map { $0.firstIndex(of: $0.max() ?? 0) ?? 0 }
        model.learn(inputs, labels, &random)
        let right = zip(inputs, labels).count { input, label in
            let logits = model.weights.logits(input)
            return logits.firstIndex(of: logits.max() ?? 0) == label
        }
        #expect(right > 570)
    }

    @Test func `experts are wrong as often as they should be, together or each for itself`() {
        var random = Random(seed: 5)
        let diverse = AddingExperts(.diverse, &random), shared = AddingExperts(.shared, &random), single = AddingExperts(.single, &random)
        #expect(diverse.problems.count == 400 && diverse.problems.allSatisfy { $0.answers.count == 8 && (20...58).contains($0.sum) })
        #expect(shared.problems.allSatisfy { Set($0.answers).count == 1 } && diverse.problems.contains { Set($0.answers).count > 3 })
        #expect(single.problems.allSatisfy { $0.answers.count == 1 && (20...58).contains($0.answers[0]) })
        // Five standard deviations of a share of 400.
        for accuracy in diverse.accuracies + shared.accuracies + single.accuracies { #expect(abs(accuracy - 0.6) < 0.123) }
        #expect(shared.ceiling == shared.accuracies[0] && diverse.ceiling > 0.95)
        let votes = diverse.problems.map { problem in
            Dictionary(grouping: problem.answers) { $0 }.mapValues(\.count)[problem.sum] ?? 0
        }
        let most = zip(diverse.problems, votes).reduce(0.0) { sum, pair in
            let counts = Dictionary(grouping: pair.0.answers) { $0 }.mapValues(\.count), top = counts.values.max() ?? 0
            return sum + (pair.1 == top ? 1 / Double(counts.values.count { $0 == top }) : 0)
        }
        #expect(abs(diverse.ceiling - most / 400) < 1e-12)
    }
}
