import Basis
import Models
import Tensors
import Tern

/// How transformers' quantiser `bitnet` stores a model's matrices (integrations/bitnet.py): X.weight is bytes of four trits each, and
/// X.weight_scale what +1 stands for, of the class AutoBitLinear, or its inverse, of BitLinear.
struct BitNetPacking {
    /// config.json of the packed model.
    let configuration: JSON
    private let multiplies: Bool
    private let matrices: Set<String>

    /// Nil for a model that transformers does not read packed: of another type than `bitnet` or `llama`, without trits, or one that only
    /// 1bitLLM's own code runs. Keeps the class of linear layers that config.json names.
    init?(_ manifest: Manifest, configuration bytes: [UInt8]?) throws {
        guard let bytes, var config = try naming("config.json", { try JSON(parsing: bytes) }).objectValue,
            var quantisation = config["quantization_config"]?.objectValue, quantisation["quant_method"] == "bitnet",
            ["bitnet", "llama"].contains(config["model_type"]?.stringValue ?? ""), config["float_matrices"]?.boolValue != true,
            config["architectures"] != ["BitnetForCausalLM"]
        else { return nil }
        let ternary = manifest.tensors.filter(\.encoding.isTernary)
        guard !ternary.isEmpty, ternary.allSatisfy({ $0.shape.count == 2 && $0.shape[0] % 4 == 0 }) else { return nil }
        // transformers takes BitLinear where nothing is said.
        multiplies = quantisation["linear_class"] == "autobitlinear"
        quantisation["linear_class"] = multiplies ? "autobitlinear" : "bitlinear"
        quantisation["quantization_mode"] = "offline"
        config["quantization_config"] = .object(quantisation)
        (configuration, matrices) = (.object(config), Set(ternary.map(\.name)))
    }

    func entries(of tensor: Manifest.Tensor) throws -> [TensorEntry] {
        [
            try TensorEntry(name: tensor.name, element: .uint8, shape: [tensor.shape[0] / 4, tensor.shape[1]]),
            try TensorEntry(name: tensor.name + "_scale", element: .float32, shape: [1]),
        ]
    }

    /// The number in `weight_scale` that a reader makes this scale of; where no inverse gives it, the one that comes closest.
    func stored(_ scale: Float) -> Float {
        guard !multiplies else { return scale }
        let inverse = 1 / scale
        return [inverse, inverse.nextUp, inverse.nextDown].first { 1 / $0 == scale } ?? inverse
    }

    /// The matrix by whose scale a bias is multiplied in use, and so has to be divided here: AutoBitLinear adds it before the scale.
    func scale(ofBias name: String) -> String? {
        guard multiplies, name.hasSuffix(".bias"), case let matrix = name.dropLast(4) + "weight", matrices.contains(String(matrix))
        else { return nil }
        return String(matrix)
    }
}
