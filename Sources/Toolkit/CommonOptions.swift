import ArgumentParser
import Basis
import Tensors

/// Options of programs that open models of every format.
public struct ModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The tensors of a GGUF file have the layout <name>, where the file leaves it open.", valueName: "name"))
    public var layout: String?

    public init() {}
}

/// Options that every program has.
public struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Work with <n> threads; as many as there are processors if not given.", valueName: "n"))
    public var threads: Int?

    @Flag(help: "No progress and no remarks on standard error, only failures.")
    public var quiet = false

    public init() {}

    public func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes a number of 1 to 1024") }
    }

    /// The threads asked for, or one for each processor that this process may run on.
    public var pool: ThreadPool { pool(or: ThreadPool.processors) }

    /// The threads asked for, or so many.
    public func pool(or standard: Int) -> ThreadPool { ThreadPool(threads: threads ?? standard) }
}
