/// What errors of a span's weights cost: |e U|² for errors e as a row, with U upper triangular. It is what is left of e S eᵀ, with S the
/// sum of x xᵀ over the activations x that meet the weights, when later columns make up for an error as well as they can.
public struct SpanMetric: Sendable {
    public let width: Int
    /// U, row after row.
    let factor: [Float]
    /// U with each column divided by its number on the diagonal.
    let unit: [Float]

    /// `factor` has `width` rows of as many numbers, those on its diagonal above 0.
    public init(width: Int, factor: [Float]) {
        precondition(factor.count == width * width)
        (self.width, self.factor) = (width, factor)
        unit = factor.indices.map { factor[$0] / factor[$0 % width * (width + 1)] }
    }

    /// v U.
    public func transformed(_ v: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        result.update(repeating: 0, count: width)
        factor.withUnsafeBufferPointer { factor in
            guard let factor = factor.baseAddress else { return }
            for row in 0..<width where v[row] != 0 {
                let number = v[row], from = factor + row * width
                for column in row..<width { result[column] += number * from[column] }
            }
        }
    }
}

/// Rounds the weights of a span to a grid.
public enum SpanRounding {
    /// Writes the code of each weight, and returns what the errors cost. With a metric each weight is first moved to where it makes up
    /// best for the errors before it (Frantar et al. 2022, "GPTQ", equations 2 and 3, in the form of Chee et al. 2023, "QuIP", section
    /// 3.1, which needs no inverse).
    @discardableResult
    public static func round(
        _ weights: UnsafeBufferPointer<Float>, to grid: PlaneGrid, _ metric: SpanMetric?, codes: UnsafeMutablePointer<UInt8>
    ) -> Double {
        guard let metric else { return nearest(weights, grid, codes) }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, weights.count)) { moves in
            guard let moves = moves.baseAddress else { return 0 }
            return walk(weights, grid, metric, codes, moves)
        }
    }

    private static func nearest(_ weights: UnsafeBufferPointer<Float>, _ grid: PlaneGrid, _ codes: UnsafeMutablePointer<UInt8>) -> Double {
        var cost = 0.0
        for (column, weight) in weights.enumerated() {
            let place = grid.place(of: weight), error = weight - grid.value(at: place)
            codes[column] = grid.code(at: place)
            cost += Double(error) * Double(error)
        }
        return cost
    }

    private static func walk(
        _ weights: UnsafeBufferPointer<Float>, _ grid: PlaneGrid, _ metric: SpanMetric, _ codes: UnsafeMutablePointer<UInt8>,
        _ moves: UnsafeMutablePointer<Float>
    ) -> Double {
        let width = metric.width
        moves.update(repeating: 0, count: width)
        var cost = 0.0
        metric.unit.withUnsafeBufferPointer { unit in
            guard let unit = unit.baseAddress else { return }
            for column in 0..<width {
                let wanted = weights[column] + moves[column], place = grid.place(of: wanted), value = grid.value(at: place)
                codes[column] = grid.code(at: place)
                let lost = Double(wanted - value) * Double(metric.factor[column * (width + 1)])
                cost += lost * lost
                let error = weights[column] - value, from = unit + column * width
                for later in column + 1..<max(width, column + 1) { moves[later] += error * from[later] }
            }
        }
        return cost
    }
}
