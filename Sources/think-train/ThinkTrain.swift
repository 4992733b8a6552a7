import ArgumentParser
import Basis
import Learning
import Tensors
import Toolkit

@main
struct ThinkTrain: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "think-train", abstract: "Train ternary language models.",
        discussion: "Writes a model, its log and checkpoints to a folder. See think-train(1).", version: ternVersion)

    @Argument(help: "A model with float weights to go on from: a Hugging Face directory or hf:owner/name.")
    var model: String?

    @Option(help: ArgumentHelp("Begin a model of a <family>, as in matmul-free:layers=6,width=256.", valueName: "family"))
    var new: String?

    @Option(help: ArgumentHelp("Take the tokenizer.json <file> for a new model; by default one is learnt.", valueName: "file"))
    var tokenizer: String?

    @Option(help: ArgumentHelp("Learn from <file>: text, JSON lines or tokens; once for each file.", valueName: "file"))
    var data: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to <folder>.", valueName: "folder"))
    var output: String

    @Flag(help: "Go on from the folder's last checkpoint, if there is one.")
    var resume = false

    @OptionGroup var plan: PlanOptions

    @Option(help: ArgumentHelp("Remember at most <size> of activations, as in 2G, and compute the rest twice.", valueName: "size"))
    var memory = ByteSize(bytes: 4 << 30)

    @OptionGroup var reporting: ReportingOptions

    @OptionGroup var form: ModelOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard model == nil || new == nil else { throw ValidationError("Only one of a model and --new can be had at a time") }
        guard resume || model != nil || new != nil else {
            throw ValidationError("Missing expected argument '<model>', or --new in its place")
        }
        guard resume || !data.isEmpty else { throw ValidationError("Missing expected argument '--data <file>'") }
        guard tokenizer == nil || new != nil else {
            throw ValidationError("--tokenizer goes with --new: a model has a tokenizer of its own")
        }
        guard !data.contains("-") else { throw ValidationError("--data takes files: what comes through a pipe cannot be read twice") }
        guard output != "-" else { throw ValidationError("-o takes a folder") }
    }

    /// Of several processes with the same options the first tells what is wrong with these.
    static var tellsOfOptions: Bool { Processes.rank == 0 }

    func execute() throws {
        try Processes.share { group in
            let threads = try Processes.processors(of: group)
            try group.firstBeforeOthers { try run(in: group, common.pool(or: threads)) }.go()
        }
    }

    private func run(in group: any ProcessGroup, _ threads: ThreadPool) throws -> TrainingRun {
        let kernels = try Kernels.fromEnvironment(), folder = try RunFolder(output, isFirst: group.isFirst)
        do { return try TrainingRun(self, folder, kernels, threads, group) } catch {
            folder.undo()
            throw error
        }
    }
}
