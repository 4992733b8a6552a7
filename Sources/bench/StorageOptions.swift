import ArgumentParser
import Tensors

/// What models and their states are kept in.
struct StorageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep keys and values as <element>: f32, f16 or int8.", valueName: "element"))
    var cache: CacheElement = .float32

    @Option(help: ArgumentHelp("Make embeddings and float heads int8, int6 or int4 while loading.", valueName: "type"))
    var embedding: IntegerBits?
}
