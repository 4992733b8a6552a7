import Basis
import Generation
import Models
import Tensors
import Tokens
import Toolkit

/// A model that is asked, with what it is asked in its own tokens.
struct QualitySubject {
    let model: OpenModel
    let tokenizer: Tokenizer?
    let text: TextSample?
    let questions: QuestionSample?
    let tasks: [TaskSample]
    private let plan: QualityPlan
    private let isReference: Bool

    init(_ plan: QualityPlan, reference: Bool = false, _ pool: ThreadPool) throws {
        let argument = reference ? plan.reference ?? "" : plan.model
        (self.plan, isReference) = (plan, reference)
        model = try OpenModel(argument, layout: plan.layout, threads: pool)
        tokenizer = try model.tokenizer()
        text = try TextSample(plan, model, tokenizer)
        questions = try QuestionSample(plan, model, tokenizer)
        let tokens = plan.tasks.isEmpty ? nil : try TaskTokens(model, tokenizer)
        tasks = try plan.tasks.compactMap { files in try tokens.map { try TaskSample(files, plan, $0) } }
    }

    /// How it thinks, in each of its ways.
    func thinkers() throws -> [Thinker?] {
        try plan.ways.filter { $0.isReference == isReference }.map { way in
            guard way.think > 0 else { return nil }
            var thinker = try naming(model.argument) { try Thinker(model.checkpoint.configuration(), length: way.think) }
            thinker.temperature = plan.thinkTemperature
            return thinker
        }
    }

    /// The model in memory. What the plan says of tables and of keys and values is not for the reference.
    func load(_ kernels: Kernels, _ pool: ThreadPool) throws -> (machine: Machine, session: Session) {
        let machine = try model.machine(kernels, pool, tables: isReference ? nil : plan.embedding)
        return (machine, machine.graph.emptySession(cache: isReference ? .float32 : plan.cache))
    }
}
