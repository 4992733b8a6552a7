import ArgumentParser
import Tensors

/// What models do while they are measured.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read a prompt of <n> tokens; 0 for none.", valueName: "n"))
    var prompt: Int?

    @Option(help: ArgumentHelp("Keep keys and values as <element>: f32, f16 or int8.", valueName: "element"))
    var cache: CacheElement = .float32

    @Option(help: ArgumentHelp("Make embeddings and float heads int8, int6 or int4 while loading.", valueName: "type"))
    var embedding: IntegerBits?

    func validate() throws {
        if let prompt, !(0...1 << 20).contains(prompt) { throw ValidationError("--prompt takes a number of 0 to 1048576") }
    }
}
