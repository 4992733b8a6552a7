import ArgumentParser
import Measuring
import Tensors

/// What `bench speed` measures, where it is not left to the program.
struct SpeedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decode so many texts at once, one measurement each.", valueName: "list"))
    var batch = Numbers([1, 2, 4, 8, 16, 32, 64])

    @Option(help: ArgumentHelp("Decode one text after so many tokens, one measurement each.", valueName: "list"))
    var context: Numbers?

    func validate() throws {
        try batch.check("--batch", most: 4096)
        try context?.check("--context", most: 1 << 20)
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

/// A list of whole numbers from 1 on: `1,2,4`.
struct Numbers: ExpressibleByArgument, CustomStringConvertible {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard values.allSatisfy({ $0 >= 1 }), Set(values).count == values.count else { return nil }
        self.init(values)
    }

    /// Refuses larger numbers than `most`.
    func check(_ option: String, most: Int) throws {
        guard values.allSatisfy({ $0 <= most }) else { throw ValidationError("\(option) takes numbers of 1 to \(most)") }
    }

    var description: String { values.map(String.init).joined(separator: ",") }
    var defaultValueDescription: String { description }
}
