import ArgumentParser
import Measuring

/// What `bench speed` measures, where it is not left to the program.
struct SpeedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decode so many texts at once, one measurement each.", valueName: "list"))
    var batch = Numbers([1, 2, 4, 8, 16, 32, 64])

    @Option(help: ArgumentHelp("Read a prompt of <n> tokens; 0 for none.", valueName: "n"))
    var prompt = 512

    @Option(help: ArgumentHelp("Decode one text after so many tokens, one measurement each.", valueName: "list"))
    var context: Numbers?

    @Option(help: ArgumentHelp("Measure everything in <n> rounds, of which the best counts.", valueName: "n"))
    var rounds = 5

    @Option(help: ArgumentHelp("Spend at least <s> seconds on each measurement in each round.", valueName: "s"))
    var seconds = 0.25

    func validate() throws {
        guard (0...1 << 20).contains(prompt) else { throw ValidationError("--prompt takes a number of 0 to 1048576") }
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes a number of 1 to 1000") }
        guard seconds >= 0, seconds <= 3600 else { throw ValidationError("--seconds takes a number of 0 to 3600") }
        guard batch.values.allSatisfy({ $0 <= 4096 }) else { throw ValidationError("--batch takes numbers of 1 to 4096") }
        guard (context?.values ?? []).allSatisfy({ $0 <= 1 << 20 }) else {
            throw ValidationError("--context takes numbers of 1 to 1048576")
        }
    }

    func plan(threads: Int) -> SpeedPlan {
        var plan = SpeedPlan(threads: threads)
        (plan.batches, plan.prompt, plan.contexts) = (batch.values, prompt, context?.values ?? [])
        (plan.rounds, plan.seconds) = (rounds, seconds)
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

    var description: String { values.map(String.init).joined(separator: ",") }
    var defaultValueDescription: String { description }
}
