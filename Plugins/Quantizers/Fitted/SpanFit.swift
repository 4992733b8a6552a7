import Basis
import Models

/// Makes a grid fit the weights of one span better and better.
struct SpanFit {
    private let weights: UnsafeBufferPointer<Float>
    private let metric: SpanMetric?

    init(_ weights: UnsafeBufferPointer<Float>, _ metric: SpanMetric?) { (self.weights, self.metric) = (weights, metric) }

    /// Turns at most: in the metric each takes as long as many without.
    private var limit: Int { metric == nil ? 16 : 3 }

    /// The best grid that turns of least squares lead to from the given one, and what its errors cost.
    func refined(_ start: PlaneGrid) -> (grid: PlaneGrid, cost: Double) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, weights.count)) { memory in
            guard let codes = memory.baseAddress else { return (start, .infinity) }
            var best = (grid: start, cost: SpanRounding.round(weights, to: start, metric, codes: codes))
            for _ in 0..<limit {
                guard let grid = solved(best.grid.form, codes) else { break }
                let cost = SpanRounding.round(weights, to: grid, metric, codes: codes)
                guard cost < best.cost else { break }
                best = (grid, cost)
            }
            return best
        }
    }

    /// The grid of least squares for given trits; nil where they leave it open.
    private func solved(_ form: PlaneForm, _ codes: UnsafePointer<UInt8>) -> PlaneGrid? {
        let columns = features(form, codes).map(transformed), wanted = transformed(Array(weights))
        var system = columns.map { column in columns.map { dot(column, $0) } + [dot(column, wanted)] }
        let trace = columns.indices.reduce(0) { $0 + system[$1][$1] }
        // As little as keeps planes that are alike from having opposite scales without end.
        for index in system.indices { system[index][index] += 1e-8 * trace }
        guard trace > 0, var solution = LeastSquares.solution(of: system), solution.allSatisfy(\.isFinite) else { return nil }
        let shift = form.hasShift ? solution.removeLast() : 0
        return PlaneGrid(form, scales: solution.map { Float($0) }, shift: Float(shift))
    }

    /// What scales, and the shift, are multiplied by to give each weight.
    private func features(_ form: PlaneForm, _ codes: UnsafePointer<UInt8>) -> [[Float]] {
        let scaled = (0..<form.scaleCount).map { plane in
            weights.indices.map { index in
                form.isTied ? Float(Int(codes[index]) - form.levels / 2) : Float(form.trit(of: codes[index], plane))
            }
        }
        return form.hasShift ? scaled + [Array(repeating: 1, count: weights.count)] : scaled
    }

    private func transformed(_ numbers: [Float]) -> [Float] {
        guard let metric else { return numbers }
        return [Float](unsafeUninitializedCapacity: numbers.count) { result, count in
            numbers.withUnsafeBufferPointer {
                if let result = result.baseAddress, let start = $0.baseAddress { metric.transformed(start, into: result) }
            }
            count = numbers.count
        }
    }

    private func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
}
