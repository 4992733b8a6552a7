import ArgumentParser
import Basis
import Generation

/// How answers are made; the same names with underscores are members of JSON lines.
struct AnswerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("End an answer after <n> tokens.", valueName: "n"))
    var maxTokens = 256

    @Option(help: ArgumentHelp("Divide logits by <t>; 0 takes the most likely token.", valueName: "t"))
    var temperature = SamplingOptions().temperature

    @Option(help: ArgumentHelp("Choose among the <k> most likely tokens; 0 for all.", valueName: "k"))
    var topK = SamplingOptions().topK

    @Option(help: ArgumentHelp("Choose among the most likely tokens that reach the probability <p> together.", valueName: "p"))
    var topP = SamplingOptions().topP

    @Option(help: ArgumentHelp("Leave out tokens less than <p> times as likely as the most likely one.", valueName: "p"))
    var minP = SamplingOptions().minP

    @Option(help: ArgumentHelp("Divide the logits of tokens that occurred by <r> if positive, else multiply.", valueName: "r"))
    var repetitionPenalty = SamplingOptions().repetitionPenalty

    @Option(help: ArgumentHelp("Start the random numbers of every answer from <s>.", valueName: "s"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("End an answer before <string>; can be given several times.", valueName: "string"))
    var stop: [String] = []

    @Flag(help: "Go on after an end-of-text token.")
    var ignoreEos = false

    @Option(help: ArgumentHelp("Guess up to <n> tokens at a time from what came before; changes no answer.", valueName: "n"))
    var speculate = 0

    @Option(help: ArgumentHelp("Think <n> tokens before each token of an answer, or of a text to score.", valueName: "n"))
    var think: Int?

    @Option(help: ArgumentHelp("Draw the tokens of thoughts at the temperature <t>; 0 takes the most likely ones.", valueName: "t"))
    var thinkTemperature = 0.0

    @Flag(help: "Show what was thought before each token; goes with --think and --json.")
    var showThoughts = false

    @Option(help: ArgumentHelp("Answer up to <n> prompts at once.", valueName: "n"))
    var batch = 8

    func validate() throws {
        guard maxTokens >= 0 else { throw ValidationError("--max-tokens takes a number of 0 or more") }
        guard (1...4096).contains(batch) else { throw ValidationError("--batch takes a number of 1 to 4096") }
        guard (0...Request.longestDraft).contains(speculate) else {
            throw ValidationError("--speculate takes a number of 0 to \(Request.longestDraft)")
        }
        guard (0...65536).contains(think ?? 0) else { throw ValidationError("--think takes a number of 0 to 65536") }
        guard thinkTemperature >= 0, thinkTemperature.isFinite else {
            throw ValidationError("--think-temperature takes a number of 0 or more")
        }
        guard think == nil || speculate == 0 else { throw ValidationError("Only one of --think and --speculate can be had at a time") }
        guard !stop.contains("") else { throw ValidationError("--stop takes a string that is not empty") }
        do { try sampling.check() } catch { throw ValidationError("\(error)") }
    }

    var sampling: SamplingOptions {
        var options = SamplingOptions()
        (options.temperature, options.topK, options.topP, options.minP) = (temperature, topK, topP, minP)
        (options.repetitionPenalty, options.seed) = (repetitionPenalty, seed)
        return options
    }

    /// Sets what these options say of a request.
    func apply(to request: inout Request) {
        request.sampling = sampling
        request.maxTokens = maxTokens
        request.stopStrings = stop.map { Array($0.utf8) }
        request.ignoresEndOfText = ignoreEos
        request.draftTokens = speculate
    }
}
