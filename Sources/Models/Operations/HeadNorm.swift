import Basis
import Tensors

/// RMSNorm of each head of a row by itself, all with the same gain: what keeps queries and keys of one length (Henry et al. 2020,
/// "Query-Key Normalization"; Qwen3).
public struct HeadNorm: Operation {
    public static let name = "head-norm"
    let norm: RMSNorm
    let heads: Int

    private var width: Int { norm.gain.columns }

    public init(gain: Weight, heads: Int, epsilon: Float) { (norm, self.heads) = (RMSNorm(gain: gain, epsilon: epsilon), heads) }

    public init(attributes: AttributeReader) throws {
        try attributes.only("gain", "width", "epsilon", "heads")
        let gain = Weight(try attributes.string("gain"), shape: [try attributes.size("width")], kind: .dense)
        self.init(gain: gain, heads: try attributes.size("heads"), epsilon: try attributes.float("epsilon"))
    }

    public var attributes: JSONObject {
        var attributes = norm.attributes
        attributes["heads"] = .integer(heads)
        return attributes
    }

    public var weight: Weight? { norm.gain }

    public func form(of inputs: [Form]) throws -> Form {
        let found = try floatWidth(inputs), (expected, overflow) = heads.multipliedReportingOverflow(by: width)
        guard !overflow, found == expected else { throw Failure("is for \(heads) heads of \(width) numbers, has rows of \(found)") }
        return .floats(found)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, gain, kernels) = (inputs[0], context.parameter.floats, context.kernels)
        context.eachRow(of: output) { row in
            for start in stride(from: 0, to: heads * width, by: width) {
                kernels.rmsNorm(x[row] + start, gain: gain, epsilon: norm.epsilon, width: width, into: output[row] + start)
            }
        }
    }

    /// That of RMSNorm, head by head; the gain's is a sum over rows and heads.
    public func pull(_ pull: borrowing Pull) {
        guard let gain = pull.latent, let gainGradient = pull.weightGradient else { return }
        let (g, x, gradient, count) = (pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.count)
        withScratch(count * heads) { scales in
            pull.eachRow { row in
                for head in 0..<heads {
                    let (start, scale) = (head * width, norm.scale(x[row] + head * width, width))
                    scales[row * heads + head] = scale
                    norm.pullRow(g[row] + start, x[row] + start, gain, scale: scale, to: gradient[row] + start, width)
                }
            }
            pull.eachColumns(width) { part in
                for place in 0..<count * heads {
                    let start = place % heads * width, (g, x) = (g[place / heads] + start, x[place / heads] + start)
                    for index in part { gainGradient[index] += g[index] * x[index] * scales[place] }
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        (0..<heads).flatMap { head in
            norm.define([Array(inputs[0][head * width..<(head + 1) * width])], weight: weight, token: token, state: &state)
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { heads * norm.cost([.floats(width)], past: past) }
}
