import AbsMean
import Basis
import BitNet
import Devices
import Fitted
import GGUF
import HuggingFace
import LanguageModel
import Learning
import Llama
import MatMulFree
import Models
import QuietStar
import Star
import TTT
import TWN
import Tern

/// Everything that can be plugged in, a line each. A test holds the folders Plugins/ and Formats/ against these lists.
public enum Catalog {
    /// Model architectures, in the order in which they are asked whether a configuration is theirs.
    public static let families: [any ModelFamily.Type] = [MatMulFree.self, BitNet.self, Llama.self, TTT.self]

    /// Ways to make weights ternary.
    public static let quantisers: [any Quantiser.Type] = [AbsMean.self, TWN.self, Fitted.self]

    /// What there is to learn from a text.
    public static var methods: [any LearningMethod.Type] { [LanguageModel.self, QuietStar.self, Star.self] }

    /// File formats, in the order in which they are tried; the last one answers for what is none of them.
    public static let formats: [any ModelFormat.Type] = [HuggingFaceFormat.self, GGUFFormat.self, TernFormat.self]

    /// Devices that a model can be simulated on, and the energy tables that they name.
    public static let devices = BundledDevices.devices
    public static let energyTables = BundledDevices.energyTables

    /// The family of a configuration; nil if none knows its `model_type`.
    public static func family(of configuration: JSON) -> (any ModelFamily.Type)? { families.first { $0.reads(configuration) } }

    /// Every operation that a graph may hold.
    public static let operations: [any Operation.Type] =
        coreOperations + families.flatMap { $0.operations } + methods.flatMap { $0.operations }
}
