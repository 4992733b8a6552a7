import Models

/// Products of floats as they are defined, summed in doubles.
public struct NaiveProducts: FloatProducts {
    public init() {}

    public func add(_ a: FloatBlock, transposed: Bool, _ b: FloatBlock, factor: Float, to c: MutableFloatBlock) {
        for row in 0..<c.rows {
            for column in 0..<c.columns {
                var sum = 0.0
                for k in 0..<b.rows {
                    let left = transposed ? a.start[k * a.stride + row] : a.start[row * a.stride + k]
                    sum += Double(left) * Double(b.start[k * b.stride + column])
                }
                c.start[row * c.stride + column] += factor * Float(sum)
            }
        }
    }
}
