import Basis
import Catalog
import Models
import Tensors

/// The shape of a published model, which random weights can fill: speed and size depend on nothing else, and nothing has to be had.
public struct PublishedShape: Sendable {
    public let name: String
    /// config.json, as far as it gives the shape.
    public let configuration: JSON

    /// What a model's argument begins with when it names a shape.
    private static let prefix = "shape:"

    /// What names it wherever a model may be named.
    public var argument: String { PublishedShape.prefix + name }

    /// The shape that `shape:NAME` names; nil for what does not begin like that.
    init?(argument: String) throws {
        guard argument.hasPrefix(PublishedShape.prefix) else { return nil }
        try self.init(named: String(argument.dropFirst(PublishedShape.prefix.count)))
    }

    public init(named name: String) throws {
        guard let shape = PublishedShape.all.first(where: { $0.name == name }) else {
            let known = PublishedShape.all.map(\.name).joined(separator: ", ")
            throw Failure("there is no shape '\(name)'; known: \(known)")
        }
        self = shape
    }

    private init(_ name: String, _ configuration: JSON) { (self.name, self.configuration) = (name, configuration) }

    /// A checkpoint of random weights in container form.
    func checkpoint(_ threads: ThreadPool) throws -> Checkpoint {
        let text = configuration.pretty + "\n"
        let tensors = try RandomTensors(for: graph, threads: threads)
        return Checkpoint(files: [SmallFile(name: "config.json", bytes: Array(text.utf8))], tensors: tensors)
    }

    public var graph: Graph {
        get throws {
            let type = configuration["model_type"]?.stringValue ?? ""
            guard let family = Catalog.families.first(where: { $0.modelTypes.contains(type) }) else {
                throw Failure("there is no family for the shape '\(name)'")
            }
            return try family.graph(configuration: configuration)
        }
    }
}

extension PublishedShape {
    /// Every shape, as the configurations on Hugging Face give it.
    public static let all: [PublishedShape] = [
        matmulFree("mmfree-370m", width: 1024, layers: 24), matmulFree("mmfree-1.3b", width: 2048, layers: 24),
        matmulFree("mmfree-2.7b", width: 2560, layers: 32),
    ]

    /// ridger/MMfreeLM-370M, -1.3B and -2.7B (Zhu et al. 2024, "Scalable MatMul-free Language Modeling").
    private static func matmulFree(_ name: String, width: Int, layers: Int) -> PublishedShape {
        PublishedShape(name, [
            "architectures": ["HGRNBitForCausalLM"], "model_type": "hgrn_bit", "vocab_size": 32000, "hidden_size": .integer(width),
            "num_hidden_layers": .integer(layers), "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16",
        ])
    }
}
