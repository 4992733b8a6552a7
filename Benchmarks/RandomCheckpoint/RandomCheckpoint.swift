import ArgumentParser
import Basis
import Catalog
import Glibc
import Models
import Safetensors
import Tensors
import Toolkit

/// Makes a Hugging Face folder with random bf16 weights of a published shape, in shards, for benchmarks where nothing can be downloaded.
@main
struct RandomCheckpoint: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "random-checkpoint", abstract: "Make a checkpoint of random weights in a published shape.")

    @Option(help: "mmfree-370m, mmfree-1.3b or mmfree-2.7b.")
    var shape = "mmfree-2.7b"

    @Option(name: .shortAndLong, help: "The folder to make.")
    var output: String

    @Option(help: "Bytes of tensors in a shard at most, unless one alone is larger.")
    var shardSize = 2_000_000_000

    private static let sizes = ["mmfree-370m": (1024, 24), "mmfree-1.3b": (2048, 24), "mmfree-2.7b": (2560, 32)]

    func execute() throws {
        guard let (width, layers) = Self.sizes[shape] else { throw Failure("there is no shape '\(shape)'") }
        let configuration: JSON = [
            "architectures": ["HGRNBitForCausalLM"], "model_type": "hgrn_bit", "vocab_size": 32000, "hidden_size": .integer(width),
            "num_hidden_layers": .integer(layers), "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16",
        ]
        guard let family = Catalog.families.first(where: { $0.modelTypes.contains("hgrn_bit") }) else { return }
        let weights = try family.graph(configuration: configuration).weights
        guard mkdir(output, 0o777) == 0 || errno == EEXIST else { throw Failure.system("create", output, errno) }
        try writeText(configuration.pretty + "\n", to: "\(output)/config.json")
        try writeShards(shards(of: weights))
    }

    private func shards(of weights: [Weight]) -> [[Weight]] {
        var shards: [[Weight]] = [], size = 0
        for weight in weights {
            if shards.isEmpty || size + 2 * weight.count > shardSize {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(weight)
            size += 2 * weight.count
        }
        return shards
    }

    private func writeShards(_ shards: [[Weight]]) throws {
        var map = JSONObject(), values = BFloat16Noise(seed: 1)
        for (index, weights) in shards.enumerated() {
            let name = "model-\(number(index + 1))-of-\(number(shards.count)).safetensors"
            let entries = try weights.map { try TensorEntry(name: $0.name, element: .bfloat16, shape: $0.shape) }
            let sink = try Output.open("\(output)/\(name)")
            let writer = try SafetensorsWriter(SafetensorsHeader(entries: entries, metadata: ["format": "pt"]), to: sink)
            for weight in weights {
                map[weight.name] = .string(name)
                try values.write(weight.count, offset: weight.shape.count == 1 ? 1 : 0, to: writer)
            }
            try writer.finish()
            try sink.close()
        }
        let index = JSON.object(["metadata": [:], "weight_map": .object(map)])
        try writeText(index.pretty + "\n", to: "\(output)/model.safetensors.index.json")
    }

    private func number(_ value: Int) -> String { String(repeating: "0", count: 5 - "\(value)".count) + "\(value)" }
}

/// Normally distributed bf16 values, quickly: drawn from a table of 65,536.
private struct BFloat16Noise {
    private var random: Random
    private let table: [Float]

    init(seed: UInt64) {
        var random = Random(seed: seed)
        table = (0..<65536).map { _ in 0.02 * random.normal() }
        self.random = random
    }

    mutating func write(_ count: Int, offset: Float, to writer: SafetensorsWriter) throws {
        let patterns = table.map { UInt16(truncatingIfNeeded: ($0 + offset).bitPattern >> 16) }
        var block = [UInt16](repeating: 0, count: 1 << 20), left = count
        while left > 0 {
            let size = min(left, block.count)
            for index in stride(from: 0, to: size, by: 4) {
                let bits = random.next()
                for part in 0..<min(4, size - index) { block[index + part] = patterns[Int(bits >> UInt64(16 * part) & 0xFFFF)] }
            }
            try block[..<size].withUnsafeBytes { try writer.write($0) }
            left -= size
        }
    }
}
