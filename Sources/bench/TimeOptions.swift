import ArgumentParser

/// How long is measured.
struct TimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Measure everything <n> times, in turns.", valueName: "n"))
    var rounds: Int?

    @Option(help: ArgumentHelp("Spend at least <s> seconds on each measurement in each round.", valueName: "s"))
    var seconds: Double?

    func validate() throws {
        if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds takes a number of 1 to 1000") }
        if let seconds, !(0...3600).contains(seconds) { throw ValidationError("--seconds takes a number of 0 to 3600") }
    }
}
