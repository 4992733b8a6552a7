import ArgumentParser
import Measuring
import Toolkit

/// What `bench quality` asks of a model.
struct QualityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Predict the documents in <file>; can be given several times.", valueName: "file"))
    var data: [String] = []

    @Option(help: ArgumentHelp("Ask the questions in <file>; can be given several times.", valueName: "file"))
    var questions: [String] = []

    @Option(
        help: ArgumentHelp(
            "Ask a task's questions, <name>=<file>[,keys=<file>][,examples=<file>]; can be given several times.", valueName: "task"))
    var task: [String] = []

    @Option(help: ArgumentHelp("Ask the first <n> questions of each task.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Show <n> examples before each question, of a task with a file of such.", valueName: "n"))
    var shots = 5

    @Option(help: ArgumentHelp("Think so many tokens before each token, one measurement each; 0 does not think.", valueName: "list"))
    var think = Numbers([0])

    @Option(help: ArgumentHelp("Draw the tokens of thoughts at the temperature <t>; 0 takes the most likely ones.", valueName: "t"))
    var thinkTemperature = 0.0

    @Option(help: ArgumentHelp("Start the random numbers of thoughts from <s>.", valueName: "s"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Predict the share <x> at the end of each file of data.", valueName: "x"))
    var heldOut = 1.0

    @Option(help: ArgumentHelp("Predict at most <n> windows of the data.", valueName: "n"))
    var windows = 64

    @Option(help: ArgumentHelp("Windows of <n> tokens; 256 or, if that is less, what the model was made for if not given.", valueName: "n"))
    var context: Int?

    @Option(
        help: ArgumentHelp("Begin a window <n> tokens after the one before it; after all of its tokens if not given.", valueName: "n"))
    var stride: Int?

    @Option(help: ArgumentHelp("Cut the data in windows as <name> does: sliding or llama.cpp.", valueName: "name"))
    var windowing = TextWindowing.sliding

    @Option(help: ArgumentHelp("Compare with <model>, window by window and question by question.", valueName: "model"))
    var reference: String?

    @Option(help: ArgumentHelp("Let <n> texts go through the model at once.", valueName: "n"))
    var batch = 64

    func validate() throws {
        guard !(data + questions).isEmpty || !task.isEmpty else {
            throw ValidationError("There is nothing to measure without --data, --questions or --task")
        }
        guard !(data + questions).contains("-") else { throw ValidationError("--data and --questions take files, not standard input") }
        try think.check("--think", 0...65536)
        guard thinkTemperature >= 0, thinkTemperature.isFinite else {
            throw ValidationError("--think-temperature takes a number of 0 or more")
        }
        guard heldOut > 0, heldOut <= 1 else { throw ValidationError("--held-out takes a number of more than 0 to 1") }
        guard reference == nil || think.values == [0] else { throw ValidationError("--reference goes without --think") }
        guard stride == nil || windowing == .sliding else { throw ValidationError("--stride goes with --windowing sliding") }
        guard stride ?? 1 <= context ?? stride ?? 1 else { throw ValidationError("--stride takes a number of at most --context") }
        guard (0...1000).contains(shots) else { throw ValidationError("--shots takes a number of 0 to 1000") }
        for (name, value, most) in [
            ("windows", windows, 1 << 30), ("context", context ?? 1, 1 << 20), ("stride", stride ?? 1, 1 << 20),
            ("limit", limit ?? 1, 1 << 30), ("batch", batch, 4096),
        ] {
            guard (1...most).contains(value) else { throw ValidationError("--\(name) takes a number of 1 to \(most)") }
        }
    }

    func plan(for model: String) throws -> QualityPlan {
        var plan = QualityPlan(model)
        (plan.data, plan.heldOut, plan.windows, plan.context) = (data, heldOut, windows, context)
        (plan.windowing, plan.stride, plan.reference) = (windowing, stride, reference)
        (plan.tasks, plan.limit, plan.shots) = (try task.map(TaskFiles.init), limit, shots)
        (plan.questions, plan.batch) = (questions, batch)
        (plan.think, plan.thinkTemperature, plan.seed) = (think.values, thinkTemperature, seed)
        return plan
    }
}

extension TextWindowing: ExpressibleByArgument {}
