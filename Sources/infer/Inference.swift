import Basis
import Generation
import Models
import Tokens
import Toolkit

/// One run of infer: prompts in, answers, scores, logits or a state out.
struct Inference {
    let options: Infer
    let model: OpenModel
    let machine: Machine
    let tokenizer: Tokenizer?
    let reader: PromptReader
    let limit: ContextLimit
    let thinker: Thinker?

    init(_ options: Infer, _ model: OpenModel, _ machine: Machine) throws {
        (self.options, self.model, self.machine) = (options, model, machine)
        tokenizer = try model.tokenizer()
        limit = try ContextLimit(model)
        thinker = try Self.thinker(options.answer, model)
        var defaults = Request(tokens: [], session: machine.graph.emptySession(cache: options.cache ?? .float32))
        options.answer.apply(to: &defaults)
        if let path = options.loadState {
            let saved = try SavedState(path, for: model)
            guard options.cache == nil || options.cache == saved.session.cache else {
                throw Failure("the state in '\(path)' keeps keys and values in \(saved.session.cache.rawValue)")
            }
            (defaults.session, defaults.past) = (saved.session, saved.tokens.dropLast())
            defaults.tokens = saved.tokens.suffix(1)
        }
        reader = PromptReader(
            defaults: defaults, tokenizer: tokenizer, beginOfText: model.specialTokens.begin,
            refusal: model.checkpoint.refusals["tokenizer.json"],
            chat: try options.chat.chat(of: model, tokenizer))
    }

    private static func thinker(_ options: AnswerOptions, _ model: OpenModel) throws -> Thinker? {
        guard let length = options.think, length > 0 else { return nil }
        var thinker = try naming(model.argument) { try Thinker(model.checkpoint.configuration(), length: length) }
        thinker.temperature = options.thinkTemperature
        return thinker
    }

    func run() throws {
        if options.score { return try score() }
        if let path = options.logits { return try writeLogits(to: path) }
        try answer()
    }

    /// The prompts, from the command line or standard input; failures name the line.
    private var prompts: Prompts {
        Prompts(reader, argument: options.prompt, json: options.json) { [machine, options, limit, thinker] request in
            try limit.check(request)
            if let thought = request.thought { try Self.check(thought, thinker, machine, options) }
            if options.score { try machine.check(request.tokens) } else { try machine.check(request) }
        }
    }

    private static func check(_ thought: [Int32], _ thinker: Thinker?, _ machine: Machine, _ options: Infer) throws {
        guard let thinker, !options.score else { throw Failure("'thought' goes with --think, and not with --score") }
        try thinker.check(given: thought)
        try machine.check(thought)
    }

    private func answer() throws {
        let prompts = prompts
        let printer = AnswerPrinter(
            json: options.json, isChat: options.chat.chat, showsThoughts: options.answer.showThoughts, tokenizer)
        let scheduler = Scheduler(
            machine, tokenizer: tokenizer, endOfText: endOfText,
            batch: options.saveState == nil ? options.answer.batch : 1, thinker: thinker)
        // Before any work: a state that cannot be saved is told at once.
        let state = try options.saveState.map(openOutput)
        var last: Answer?
        let events = Scheduler.Events(text: printer.text) { number, answer in
            if options.saveState != nil { last = answer }
            try printer.answer(number, answer)
        }
        try scheduler.run({ mayWait in
            guard case .prompt(let prompt) = try prompts.next(mayWait: mayWait, printer) else { return prompts.ended ? .end : .nothingYet }
            if options.saveState != nil, prompts.count > 1 { throw Failure("--save-state takes one prompt, and there are more") }
            return .request(limit.applied(to: prompt.request))
        }, events)
        try printer.close()
        guard state == nil || last != nil else { throw Failure("there is no prompt") }
        if let state, let last {
            try SavedState(session: last.session, tokens: last.history).write(to: state, for: model)
        }
    }

    /// Where answers end; in a chat also at the end of text that tokenizer_config.json names, which there is the end of a turn.
    private var endOfText: Set<Int32> {
        let end = model.specialTokens.end
        return options.chat.chat ? end.union(tokenizer?.endOfText.map { [$0] } ?? []) : end
    }

    private func score() throws {
        let prompts = prompts
        while let group = try prompts.group(of: options.answer.batch) {
            guard let session = group.first?.request.session else { continue }
            let texts = group.map { ScoredText($0.request.tokens, seed: options.answer.seed) }
            let scores = try Scorer(machine, from: session, ways: [thinker]).scores(of: texts).flatMap { $0 }
            for (prompt, scores) in zip(group, scores) {
                var line: JSONObject = ["tokens": .array(prompt.request.tokens.map { .integer(Int($0)) })]
                line["logprobs"] = .array((prompt.request.tokens.isEmpty ? [] : [.null]) + scores.map { .number($0.logProbability) })
                if let id = prompt.id { line["id"] = id }
                try printOut(JSON.object(line).compact + "\n")
            }
        }
    }

    private func writeLogits(to path: String) throws {
        let prompts = prompts
        guard let group = try prompts.group(of: 2, waits: true), let prompt = group.first else { throw Failure("there is no prompt") }
        guard group.count == 1 else { throw Failure("--logits takes one prompt, and there are more") }
        try Toolkit.writeLogits(of: prompt.request.tokens, from: prompt.request.session, machine, to: path)
    }
}
