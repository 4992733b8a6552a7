import Basis
import Tensors

/// y = x[start ..< start + count]: a part of each row, where one product makes several results.
public struct Slice: Operation {
    public static let name = "slice"
    package let start: Int
    package let count: Int

    public init(start: Int, count: Int) { (self.start, self.count) = (start, count) }

    public init(attributes: AttributeReader) throws {
        try attributes.only("start", "count")
        self.init(start: try attributes.integer("start", in: 0...Int(Int32.max)), count: try attributes.size("count"))
    }

    public var attributes: JSONObject { ["start": .integer(start), "count": .integer(count)] }

    public func form(of inputs: [Form]) throws -> Form {
        let width = try floatWidth(inputs)
        guard start >= 0, count > 0, start + count <= width else {
            throw Failure("takes \(count) numbers from \(start) on out of rows \(width) wide")
        }
        return .floats(count)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let x = inputs[0]
        context.eachRow(of: output) { output[$0].update(from: x[$0] + start, count: count) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x) = (pull.outputGradient, pull.inputGradients[0])
        pull.eachRow { Vectors.add(g[$0], to: x[$0] + start, count: count) }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        Array(inputs[0][start..<start + count])
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
