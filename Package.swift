// swift-tools-version:6.2
import PackageDescription

// Targets are listed by hand, a line each: SwiftPM caches what a manifest reads from disk.
// `make test` checks the list against the folders and the imports against ARCHITECTURE.md.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Nothing needs MPI unless it is asked for: `swift build --traits MPI`.
let mpi = TargetDependencyCondition.when(traits: ["MPI"])

let package = Package(
    name: "tern",
    traits: [.trait(name: "MPI", description: "Training in several processes that Open MPI connects.")],
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        // The libraries of C.
        .target(name: "CTernKernels"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "CUtf8proc", pkgConfig: "libutf8proc", providers: [.apt(["libutf8proc-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // The libraries, from the ground up.
        .target(name: "Basis", dependencies: ["CCrypto"]),
        .target(name: "Tensors", dependencies: ["Basis", "CTernKernels"]),
        .target(name: "Tokens", dependencies: ["Basis", "CUtf8proc"]),
        .target(name: "Templates", dependencies: ["Basis"]),
        .target(name: "Models", dependencies: ["Basis", "Tensors"]),
        .target(name: "Generation", dependencies: ["Basis", "Models", "Templates", "Tensors", "Tokens"]),
        .target(name: "Learning", dependencies: ["Basis", "Models", "Safetensors", "Tensors", "Tokens"]),
        .target(name: "Quantising", dependencies: ["Basis", "Generation", "Models", "Safetensors", "Tensors"]),
        .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "Models", "Tensors"]),
        .target(name: "MessagePassing", dependencies: ["Basis", "Learning", .target(name: "COpenMPI", condition: mpi)]),
        .target(name: "Catalog", dependencies: ["AbsMean", "Basis", "BitNet", "Devices", "Fitted", "GGUF", "HuggingFace", "LanguageModel", "Learning", "Llama", "MatMulFree", "Models", "QuietStar", "Star", "TTT", "TWN", "Tern"]),
        .target(name: "Toolkit", dependencies: ["Basis", "Catalog", "GGUF", "HuggingFace", "Learning", "Models", "Quantising", "Safetensors", "Tensors", "Tern", "Tokens", argumentParser]),
        .target(name: "Measuring", dependencies: ["Basis", "Catalog", "Generation", "Learning", "Models", "Tensors", "Tokens", "Toolkit"]),

        .target(name: "Accelerator", dependencies: ["Basis", "Models", "Tensors"]),
        .target(name: "Hardware", dependencies: ["Accelerator", "Basis", "Models", "Toolkit"], resources: [.embedInCode("Validation/points.json")]),

        // Model families and quantisers.
        .target(name: "MatMulFree", dependencies: ["Basis", "Models"], path: "Plugins/MatMulFree"),
        .target(name: "BitNet", dependencies: ["Basis", "Models"], path: "Plugins/BitNet"),
        .target(name: "Llama", dependencies: ["Basis", "Models"], path: "Plugins/Llama"),
        .target(name: "TTT", dependencies: ["Basis", "Models", "Tensors"], path: "Plugins/TTT"),
        .target(name: "AbsMean", dependencies: ["Basis", "Models", "Tensors"], path: "Plugins/Quantizers/AbsMean"),
        .target(name: "TWN", dependencies: ["Models"], path: "Plugins/Quantizers/TWN"),
        .target(name: "Fitted", dependencies: ["Basis", "Models"], path: "Plugins/Quantizers/Fitted"),

        // What there is to learn from a text.
        .target(name: "LanguageModel", dependencies: ["Basis", "Learning", "Models"], path: "Plugins/Thinking/LanguageModel"),
        .target(name: "QuietStar", dependencies: ["Basis", "Learning", "Models", "Tensors"], path: "Plugins/Thinking/QuietStar"),
        .target(name: "Star", dependencies: ["Basis", "Learning", "Models", "Tokens"], path: "Plugins/Thinking/Star"),

        // Devices that a model can be simulated on.
        .target(name: "Devices", path: "Plugins/Devices", exclude: ["device.schema.json"], resources: [
            .embedInCode("tables/aladdin-40nm.json"), .embedInCode("tables/horowitz-45nm.json"),
            .embedInCode("tables/jouppi-7nm.json"), .embedInCode("a100-40g.json"), .embedInCode("a100-80g.json"),
            .embedInCode("arty-a7-35t.json"), .embedInCode("b200.json"), .embedInCode("d5005.json"),
            .embedInCode("epyc-7v13-1t.json"), .embedInCode("groq-lpu.json"), .embedInCode("h100.json"), .embedInCode("h200.json"),
            .embedInCode("jetson-agx-orin.json"), .embedInCode("jetson-agx-orin-cpu.json"), .embedInCode("jetson-orin-nano.json"),
            .embedInCode("kv260.json"), .embedInCode("loihi2.json"), .embedInCode("loihi2-x24.json"), .embedInCode("m2-ultra.json"),
            .embedInCode("m2-ultra-1t.json"), .embedInCode("m2-ultra-4t.json"), .embedInCode("northpole.json"),
            .embedInCode("northpole-x16.json"), .embedInCode("raspberry-pi-5.json"), .embedInCode("rtx-3060.json"),
            .embedInCode("ryzen-5950x.json"), .embedInCode("slim-llama.json"), .embedInCode("snapdragon-8-gen3-npu.json"),
            .embedInCode("sohu.json"), .embedInCode("u280-hbm.json"), .embedInCode("u280-onchip.json"),
        ]),

        // File formats.
        .target(name: "Safetensors", dependencies: ["Basis", "Tensors"], path: "Formats/Safetensors"),
        .target(name: "HuggingFace", dependencies: ["Basis", "Models", "Tensors", "Safetensors"], path: "Formats/HuggingFace"),
        .target(name: "GGUF", dependencies: ["Basis", "Models", "Tensors"], path: "Formats/GGUF"),
        .target(name: "Tern", dependencies: ["Basis", "CZstd", "Models", "Safetensors", "Tensors"], path: "Formats/Tern"),

        // The programs.
        .executableTarget(name: "quantize", dependencies: ["Basis", "Models", "Tensors", "Toolkit", argumentParser]),
        .executableTarget(name: "pack", dependencies: ["Basis", "Tensors", "Tern", "Toolkit", argumentParser]),
        .executableTarget(name: "infer", dependencies: ["Basis", "Generation", "Models", "Tensors", "Tokens", "Toolkit", argumentParser]),
        .executableTarget(name: "think-train", dependencies: ["Basis", "Catalog", "Learning", "LinearAlgebra", "Models", "Tensors", "Tokens", "Toolkit", argumentParser, .target(name: "MessagePassing", condition: mpi)]),
        .executableTarget(name: "bench", dependencies: ["Basis", "Measuring", "Models", "Tensors", "Toolkit", argumentParser]),

        .executableTarget(name: "sim-hw", dependencies: ["Accelerator", "Basis", "Catalog", "Hardware", "Measuring", "Models", "Tensors", "Toolkit", argumentParser]),

        // Commands that measure.
        .executableTarget(name: "tokenizer-speed", dependencies: ["Basis", "Tokens"], path: "Benchmarks/tokenizer-speed"),
        .executableTarget(name: "tokenizer-training", dependencies: ["Basis", "Tokens"], path: "Benchmarks/tokenizer-training"),

        .executableTarget(name: "unstated-hops", dependencies: ["Basis", "Measuring", "Tensors"], path: "Benchmarks/unstated-hops", exclude: ["README.md", "curve.svg", "unstated-hops"]),

        // What tests share, and the fuzzers.
        .target(name: "Support", dependencies: ["Basis", "Catalog", "Models", "Safetensors", "Tensors", "TestFiles"], path: "Tests/Support"),
        .target(name: "TestFiles", dependencies: ["Basis"], path: "Tests/TestFiles"),
        .target(name: "KernelVariants", dependencies: ["CTernKernels"], path: "Tests/KernelVariants"),
        .target(name: "Fuzzing", dependencies: ["Basis", "Catalog", "GGUF", "Generation", "HuggingFace", "Models", "Safetensors", "Support", "Templates", "Tensors", "Tern", "Tokens"], path: "Tests/Fuzzing"),
        .executableTarget(name: "fuzz-readers", dependencies: ["Basis", "Fuzzing"], path: "Tests/Fuzz"),

        // The tests.
        .testTarget(name: "TemplatesTests", dependencies: ["Basis", "Templates", "TestFiles"], exclude: ["Golden"]),
        .testTarget(name: "TokensTests", dependencies: ["Basis", "TestFiles", "Tokens"], exclude: ["Golden"]),
        .testTarget(name: "ManualTests", dependencies: ["Basis", "Catalog", "Support", "TestFiles", "bench", "infer", "pack", "quantize", "sim-hw", "think-train"]),
        .testTarget(name: "PluginsTests", dependencies: ["Basis", "Catalog", "Models", "Safetensors", "Support", "TestFiles", "Tensors", "Toolkit"], exclude: ["Snapshots"]),
        .testTarget(name: "ToolTests", dependencies: ["Basis", "Catalog", "Models", "Safetensors", "Support", "TestFiles", "Tensors", "Tern", "Tokens", "quantize", "pack", "infer", "think-train", "bench", "sim-hw"]),
        .testTarget(name: "GenerationTests", dependencies: ["Basis", "Catalog", "Generation", "Models", "Support", "Tensors"]),
        .testTarget(name: "MeasuringTests", dependencies: ["Basis", "Measuring", "Models", "TestFiles", "Tensors", "Toolkit"]),
        .testTarget(name: "QuantisingTests", dependencies: ["Basis", "Catalog", "Models", "Quantising", "Support", "Tensors", "TestFiles", "Toolkit"]),
        .testTarget(name: "ModelsTests", dependencies: ["Basis", "Catalog", "Models", "Support", "Tensors"]),
        .testTarget(name: "LearningTests", dependencies: ["Basis", "Catalog", "Learning", "LinearAlgebra", "Models", "Safetensors", "Support", "TestFiles", "Tensors", "Tokens", "Toolkit"]),
        .testTarget(name: "ThinkingTests", dependencies: ["Basis", "Catalog", "Learning", "LinearAlgebra", "Models", "QuietStar", "Safetensors", "Star", "Support", "TestFiles", "Tensors", "Tokens", "Toolkit"]),
        .testTarget(name: "AcceleratorTests", dependencies: ["Accelerator", "Basis", "Catalog", "Models", "Support", "Tensors"]),
        .testTarget(name: "HardwareTests", dependencies: ["Accelerator", "Basis", "Catalog", "Hardware", "Models", "Support", "TestFiles", "Tensors", "Toolkit"]),
        .testTarget(name: "BasisTests", dependencies: ["Basis", "TestFiles"]),
        .testTarget(name: "FormatsTests", dependencies: ["Basis", "Fuzzing", "GGUF", "HuggingFace", "Models", "Safetensors", "Support", "Tensors", "Tern", "TestFiles", "Tokens"], exclude: ["Golden"]),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CTernKernels", "KernelVariants"]),
    ]
)
