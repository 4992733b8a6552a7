import Basis
import Models

extension BitNet {
    /// What `quantization_config` says of the architecture, with the defaults of transformers' BitNetQuantConfig. How it stores weights
    /// is the format's concern.
    struct Quantisation {
        let isGiven: Bool
        let innerEpsilon: Float?
        private let unconverted: [String]

        init(_ config: Configuration) throws {
            let given = try config.part("quantization_config")
            isGiven = given != nil
            if let given { _ = try given.choice("quant_method", of: ["bitnet"], default: "") }
            innerEpsilon = try given.flatMap {
                try $0.flag("use_rms_norm", default: false) ? Float($0.positive("rms_norm_eps", default: 1e-6)) : nil
            }
            unconverted = try given?.strings("modules_to_not_convert") ?? []
        }

        /// Any part of a module's name keeps it from being converted.
        func keepsFloats(_ name: String) -> Bool { unconverted.contains { name.contains($0) } }
    }
}
