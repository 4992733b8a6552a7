import Basis

/// The checks that operations share: what inputs they take.
extension Operation {
    /// The width that `count` inputs of floats have in common.
    func commonWidth(_ inputs: [Form], count: Int) throws -> Int {
        guard inputs.count == count, let first = inputs.first else { throw Failure("takes \(count) inputs, has \(inputs.count)") }
        guard case .floats(let width) = first, inputs.allSatisfy({ $0 == first }) else {
            throw Failure("takes \(count) inputs of floats of one width, has \(inputs.map(\.description).joined(separator: ", "))")
        }
        return width
    }

    /// The width of the one input of floats.
    func floatWidth(_ inputs: [Form]) throws -> Int { try commonWidth(inputs, count: 1) }

    /// The width of the one input of quantised activations.
    func quantisedWidth(_ inputs: [Form]) throws -> Int {
        guard inputs.count == 1, case .quantised(let width) = inputs[0] else { throw Failure("takes one input of quantised activations") }
        return width
    }

    /// Refuses a weight that is not as wide as the rows that meet it.
    func check(_ weight: Weight, columns: Int) throws {
        guard weight.columns == columns else {
            throw Failure("meets rows \(columns) wide with the weight '\(weight.name)' of shape \(weight.shape)")
        }
    }
}
