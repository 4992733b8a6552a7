import ArgumentParser
import Measuring
import Tensors
import Toolkit

/// What `bench speed` measures, where it is not left to the program.
struct SpeedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decode so many texts at once, one measurement each.", valueName: "list"))
    var batch = Numbers([1, 2, 4, 8, 16, 32, 64])

    @Option(help: ArgumentHelp("Decode one text after so many tokens, one measurement each.", valueName: "list"))
    var context: Numbers?

    func validate() throws {
        try batch.check("--batch", 1...4096)
        try context?.check("--context", 1...1 << 20)
    }

    /// Contexts that are measured where nothing else was asked for, and where they matter.
    private static let standardContexts = [512, 2048]

    func plan(threads: Int, for model: LoadedModel) -> SpeedPlan {
        var plan = SpeedPlan(threads: threads)
        plan.batches = batch.values
        plan.contexts = context?.values ?? (model.remembersTokens ? SpeedOptions.standardContexts : [])
        return plan
    }
}
