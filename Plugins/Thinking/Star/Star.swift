import Basis
import Learning
import Models
import Tokens

/// STaR (Zelikman et al. 2022, https://arxiv.org/abs/2203.14465): a model answers questions with a rationale before each answer, and learns
/// from the rationales whose answer is right. What it answers wrongly it is asked again with a hint that gives the answer away, and may so
/// find a way to it (rationalisation). Each round learns from the base model on.
public final class Star: Bootstrapping {
    public static let name = "star"
    public static let options = [
        PluginOption("rounds", "5", "rounds of answering and learning"),
        PluginOption("grow", "1.2", "how many times as many steps each round has as the one before"),
        PluginOption("length", "96", "tokens of a rationale and its answer at most"),
        PluginOption("marker", "####", "text that stands between rationale and answer"),
        PluginOption("stop", "none", "text that ends an answer, beside the end of text"),
        PluginOption("rationalise", "true", "whether questions are asked again with their hint"),
        PluginOption("temperature", "0", "of drawing rationales"),
    ]

    /// As the original code counts them: `steps` times `grow` to the power of the rounds before, rounded down.
    public static func rounds(_ options: PluginOptions, steps: Int) throws -> [Int] {
        let count = try options.integer("rounds", in: 1...1000), grow = try options.number("grow", in: 0.01...100)
        var scale = 1.0
        return (0..<count).map { _ in
            defer { scale *= grow }
            return Int(min(max(1, Double(steps) * scale), 1e9))
        }
    }

    private let trace: Trace
    private let loss: NextToken
    private let continuation: Continuation
    private let rule: AnswerRule
    private let rationalises: Bool
    /// What ends a text to learn, of a model that has no token for it.
    private let terminator: [Int32]

    public init(_ bench: Workbench, _ options: PluginOptions) throws {
        let vocabulary = bench.graph.outputWidth, spelled = options.string("stop"), separator = bench.separator.map { [$0] }
        let stop = spelled == "none" ? nil : try SpelledTokens(spelled, bench.tokenizer, vocabulary: vocabulary).tokens
        let ends = [separator, stop].compactMap { $0 }
        guard !ends.isEmpty else { throw Failure("the model has no end-of-text token for an answer to end with, and 'stop' says no other") }
        terminator = separator == nil ? stop ?? [] : []
        rule = try AnswerRule(SpelledTokens(options.string("marker"), bench.tokenizer, vocabulary: vocabulary), bench.tokenizer)
        rationalises = try options.flag("rationalise")
        trace = try bench.trace(bench.graph)
        loss = NextToken(kernels: bench.kernels, threads: bench.threads)
        let sampler = TokenSampler(
            kernels: bench.kernels, threads: bench.threads, temperature: try options.number("temperature", in: 0...100))
        continuation = Continuation(trace, sampler, ends: ends, length: try options.integer("length", in: 1...1 << 16))
    }

    /// All of a text, the question too, as in the original code.
    public func learn(from batch: Batch) throws -> Measures {
        Measures([("loss", batch.weight * (try loss(batch.texts, trace, weight: batch.weight)))])
    }

    public func evaluate(_ texts: [[Int32]]) throws -> Double { try loss(texts, trace, weight: 0) }

    public func rationales(to questions: [Question], _ asking: Asking) throws -> [Rationale?] {
        let prompts = questions.map { $0.examples + $0.prompt }
        var found = try right(questions, Array(questions.indices), prompts, asking, isHinted: false)
        guard rationalises, asking.mayHint else { return found }
        let failed = questions.indices.filter { found[$0] == nil && questions[$0].hint != nil }
        let hints = failed.map { questions[$0].examples + (questions[$0].hint ?? []) }
        for (place, rationale) in zip(failed, try right(questions, failed, hints, asking, isHinted: true)) { found[place] = rationale }
        return found
    }

    /// What is right of what comes after the prompts for some of the questions.
    private func right(
        _ questions: [Question], _ places: [Int], _ prompts: [[Int32]], _ asking: Asking, isHinted: Bool
    ) throws -> [Rationale?] {
        let seeds = places.map { TokenSampler.seed(asking.seed, [$0, isHinted ? 1 : 0]) }
        let said = try continuation(prompts, seeds: seeds, rows: asking.rows, asking.advance)
        return zip(zip(places, prompts), said).map { asked, said in
            let (place, prompt) = asked, length = prompt.count + said.tokens.count
            guard said.hasEnded, length <= asking.limit ?? length else { return nil }
            guard rule.isRight(said.tokens, answer: questions[place].answer) else { return nil }
            return Rationale(after: questions[place].alone, said.tokens + terminator, isHinted: isHinted)
        }
    }
}
