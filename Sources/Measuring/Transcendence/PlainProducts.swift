import Models

/// Products of floats in plain loops: enough for matrices that the cache holds.
struct PlainProducts: FloatProducts {
    func add(_ a: FloatBlock, transposed: Bool, _ b: FloatBlock, factor: Float, to c: MutableFloatBlock) {
        let depth = transposed ? a.rows : a.columns
        precondition(depth == b.rows && c.rows == (transposed ? a.columns : a.rows) && c.columns == b.columns)
        for row in 0..<c.rows {
            let out = c.start + row * c.stride
            for step in 0..<depth {
                let value = factor * (transposed ? a.start[step * a.stride + row] : a.start[row * a.stride + step])
                let from = b.start + step * b.stride
                for column in 0..<c.columns { out[column] += value * from[column] }
            }
        }
    }
}
