import Models
import Tensors

/// Rounds one row of one span and puts what became of it where it belongs.
struct SpanRound {
    let result: PlaneMatrix
    let metric: SpanMetric
    let quantiser: any Quantiser.Type
    let order: ColumnOrder

    /// `weights` has the weights as they are, and gets their errors.
    func round(
        _ row: Int, _ block: (places: Range<Int>, span: Int), wanted: UnsafeBufferPointer<Float>,
        _ weights: UnsafeMutableBufferPointer<Float>
    ) {
        let count = block.places.count, first = block.span * IntegerBits.span
        let grid = quantiser.grid(for: wanted, result.form, metric)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * count) { codes in
            guard let walked = codes.baseAddress else { return }
            SpanRounding.round(wanted, to: grid, metric, codes: walked)
            for place in 0..<count {
                walked[count + order.columns[block.places.lowerBound + place] - first] = walked[place]
                weights[place] -= grid.value(of: walked[place])
            }
            result.set(row: row, span: block.span, grid, codes: walked + count)
        }
    }
}
