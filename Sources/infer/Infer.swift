import ArgumentParser
import Basis
import Generation
import Models
import Tensors
import Toolkit

@main
struct Infer: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer", abstract: "Answer prompts with a ternary language model.",
        discussion: "Prompts come from standard input, one a line, or as JSON lines with --json. See infer(1).", version: ternVersion)

    @Argument(help: "A container, a Hugging Face directory, a GGUF file, a manifest, hf:owner/name, or - for standard input.")
    var model: String?

    @Argument(help: "The one prompt to answer, instead of standard input.")
    var prompt: String?

    @Flag(help: "Read prompts and write answers as JSON lines.")
    var json = false

    @OptionGroup var chat: ChatOptions

    @OptionGroup var answer: AnswerOptions

    @Flag(help: "Write the log-probability of each token of each prompt instead of answers.")
    var score = false

    @Option(help: ArgumentHelp("Write one prompt's logits to <file> as safetensors.", valueName: "file"))
    var logits: String?

    @Option(help: ArgumentHelp("Write the state after the one answer to <file>.", valueName: "file"))
    var saveState: String?

    @Option(help: ArgumentHelp("Go on from the state in <file>.", valueName: "file"))
    var loadState: String?

    @Option(help: ArgumentHelp("Keep keys and values in the <type> f32, f16 or int8.", valueName: "type"))
    var cache: CacheElement?

    @Option(help: ArgumentHelp("Print the model's graph and stop; as text, dot or json with --graph=<form>.", valueName: "form"))
    var graph: GraphForm?

    @Flag(help: "Check this program on this processor and stop; needs no model.")
    var selfTest = false

    @OptionGroup var form: ModelOptions

    @OptionGroup var common: CommonOptions

    enum GraphForm: String, ExpressibleByArgument { case text, dot, json }

    /// `--graph` alone means `--graph=text`.
    static func completed(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.count
        return arguments.enumerated().map { $1 == "--graph" && $0 < end ? "--graph=text" : $1 }
    }

    func validate() throws {
        guard selfTest || model != nil else { throw ValidationError("Missing expected argument '<model>'") }
        guard [score, logits != nil, saveState != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Only one of --score, --logits and --save-state can be had at a time")
        }
        guard !answer.showThoughts || json && answer.think != nil && !score else {
            throw ValidationError("--show-thoughts goes with --think and --json, and not with --score")
        }
        guard !chat.chat || loadState == nil else { throw ValidationError("Only one of --chat and --load-state can be had at a time") }
        guard logits == nil || answer.think == nil else { throw ValidationError("Only one of --logits and --think can be had at a time") }
        guard saveState != "-" else { throw ValidationError("--save-state takes a file, for answers go to standard output") }
        guard model != "-" || prompt != nil || selfTest || graph != nil else {
            throw ValidationError("With the model on standard input the prompt has to be an argument")
        }
    }

    func execute() throws {
        if selfTest { return try printSelfTest() }
        let (kernels, threads) = (try Kernels.fromEnvironment(), common.pool)
        let model = try OpenModel(self.model ?? "-", layout: form.layout, threads: threads)
        if let graph { return try print(model.graph, as: json && graph == .text ? .json : graph) }
        try Inference(self, model, model.machine(kernels, threads)).run()
    }

    private func print(_ graph: Graph, as form: GraphForm) throws {
        switch form {
        case .text: try printOut(graph.text)
        case .dot: try printOut(graph.dot)
        case .json: try printOut(graph.json.compact + "\n")
        }
    }

    private func printSelfTest() throws {
        let results = Tensors.selfTest()
        try printOut(
            json
                ? results.map { line($0).compact + "\n" }.joined()
                : table(results.map { [$0.passed ? "ok" : "FAILED", $0.level.rawValue, $0.name, $0.detail] }))
        if results.contains(where: { !$0.passed }) { throw NegativeAnswer() }
    }

    private func line(_ result: SelfTestResult) -> JSON {
        [
            "check": .string(result.name), "level": .string(result.level.rawValue), "passed": .bool(result.passed),
            "detail": .string(result.detail),
        ]
    }
}
