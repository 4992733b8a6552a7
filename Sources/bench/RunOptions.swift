import ArgumentParser

/// What models do while they are measured.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read a prompt of <n> tokens; 0 for none.", valueName: "n"))
    var prompt: Int?

    func validate() throws {
        if let prompt, !(0...1 << 20).contains(prompt) { throw ValidationError("--prompt takes a number of 0 to 1048576") }
    }
}
