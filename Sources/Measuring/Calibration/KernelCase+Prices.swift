import Models
import Tensors

extension KernelCase {
    /// The kernels of rows, each with what its operation costs by the graph's own account.
    static func priced(_ kernels: Kernels) -> [(cost: Cost, call: () -> Void)] {
        rowKernels().compactMap { kernel in
            guard let operation = operations[kernel.name] else { return nil }
            return (operation, { kernel.call(kernels) })
        }
    }

    private static let operations: [String: Cost] = {
        let row = Form.floats(width), gain = Weight("gain", shape: [width], kind: .dense)
        let heads = RoPE(heads: width / 128, width: 128, base: 10_000)
        return [
            "quantise": Quantise().cost([row], past: 0), "rms norm": RMSNorm(gain: gain, epsilon: 1e-6).cost([row], past: 0),
            "sigmoid": Sigmoid().cost([row], past: 0), "silu": SiLU().cost([row], past: 0),
            "silu product": SiLUProduct().cost([row, row], past: 0), "squared relu": SquaredReLU().cost([row], past: 0),
            "squared relu product": SquaredReLUProduct().cost([row, row], past: 0), "add": Add().cost([row, row], past: 0),
            "recurrence": Recurrence(width: width).cost([row, row], past: 0), "rotary embedding": heads.cost([row], past: 0),
        ]
    }()
}
