import Basis
import Catalog
import Learning
import Models
import Tensors

/// A small MatMul-free language model, ternary, that learns sums from experts' answers, each given by an expert drawn by lot.
struct AddingExperiment {
    let mistakes: AddingExperts.Mistakes
    private let configuration: JSON
    private let graph: Graph
    private let family: any ModelFamily.Type

    static let width = 64
    static let intermediate = 192
    static let layers = 1
    static let steps = 2400
    static let batch = 128
    static let rate = 1e-2

    init(_ mistakes: AddingExperts.Mistakes) throws {
        self.mistakes = mistakes
        guard let family = Catalog.families.first(where: { $0.name == "matmul-free" }) else {
            throw Failure("there is no family 'matmul-free'")
        }
        let text = "matmul-free:layers=\(Self.layers),width=\(Self.width),intermediate=\(Self.intermediate)"
        let options = try PluginOptions(parsing: text).declared(as: family.newOptions)
        self.family = family
        configuration = try family.configuration(new: options, vocabulary: AddingExperts.vocabulary)
        graph = try Catalog.graph(family, configuration)
    }

    /// On one thread.
    func outcome(seed: UInt64, _ kernels: Kernels) throws -> TranscendOutcome {
        var random = Random(seed: seed)
        let experts = AddingExperts(mistakes, &random), threads = ThreadPool(threads: 1), latents = try Latents(graph.weights)
        try latents.fill(seed: seed) { try family.initialValues(of: $0, in: configuration) }
        let trace = try Trace(
            graph, latents, quantiser: Catalog.quantiser(of: family, configuration), products: PlainProducts(),
            kernels: kernels, threads: threads)
        var options = AdamW.Options()
        options.decay = 0
        try learn(experts, trace, NextToken(kernels: kernels, threads: threads), AdamW(latents, options, threads: threads), &random)
        return TranscendOutcome(accuracies: try accuracies(experts, trace), experts: experts.accuracies, ceiling: experts.ceiling)
    }

    private func learn(_ experts: AddingExperts, _ trace: Trace, _ loss: NextToken, _ optimiser: AdamW, _ random: inout Random) throws {
        for step in 0..<Self.steps {
            let texts = (0..<Self.batch).map { _ in
                let problem = experts.problems[Int.random(in: experts.problems.indices, using: &random)]
                let answer = problem.answers[Int.random(in: problem.answers.indices, using: &random)]
                return AddingExperts.question(problem) + [AddingExperts.token(answer)]
            }
            let predicted = Batch.predicted(texts)
            _ = try loss(texts, trace, weight: 1 / Double(predicted))
            let share = Schedule.cosine.share(step: step, of: Self.steps, warmup: Self.steps / 20)
            guard optimiser.step(trace.latents, rate: Self.rate * share).isFinite else { throw Failure("the gradient is no number") }
        }
    }

    /// The mean probability of the right sum at each temperature, over all problems.
    private func accuracies(_ experts: AddingExperts, _ trace: Trace) throws -> [Double] {
        let questions = experts.problems.map(AddingExperts.question)
        try trace.begin(rows: questions.reduce(0) { $0 + $1.count })
        let logits = try trace.extend { forest in for question in questions { forest.add(text: question[...]) } }
        var sums = [Double](repeating: 0, count: TranscendPlan.temperatures.count), row = -1
        for (problem, question) in zip(experts.problems, questions) {
            row += question.count
            let values = UnsafeBufferPointer(start: UnsafePointer(logits[row]), count: logits.width).map(Double.init)
            let answer = Int(AddingExperts.token(problem.sum))
            for (index, probability) in DrawnAnswers.probabilities(of: answer, values).enumerated() { sums[index] += probability }
        }
        return sums.map { $0 / Double(questions.count) }
    }
}
