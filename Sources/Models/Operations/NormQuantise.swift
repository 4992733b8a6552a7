import Basis
import Tensors

/// RMSNorm, then Quantise, one row after the other while it is in cache. Rewrites make it; plugins write the two.
public struct NormQuantise: Operation {
    public static let name = "norm-quantise"
    let norm: RMSNorm

    init(norm: RMSNorm) { self.norm = norm }

    public init(attributes: AttributeReader) throws { norm = try RMSNorm(attributes: attributes) }
    public var attributes: JSONObject { norm.attributes }
    public var weight: Weight? { norm.gain }

    public func form(of inputs: [Form]) throws -> Form { try Quantise().form(of: [try norm.form(of: inputs)]) }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, gain, width, kernels) = (inputs[0], context.parameter.floats, output.width, context.kernels)
        let quantised = output.quantised
        context.eachRow(of: output) { row in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { scratch in
                guard let normed = scratch.baseAddress else { return }
                kernels.rmsNorm(x[row], gain: gain, epsilon: norm.epsilon, width: width, into: normed)
                quantised.quantise(normed, row: row, kernels: kernels)
            }
        }
    }

    public func pull(_ pull: borrowing Pull) { norm.pull(pull) }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let normed = norm.define(inputs, weight: weight, token: token, state: &state)
        return Quantise().define([normed], weight: .none, token: token, state: &state)
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { norm.cost(inputs, past: past) + Quantise().cost(inputs, past: past) }
}
