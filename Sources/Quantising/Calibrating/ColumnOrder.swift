import Models

/// The order in which the columns of a matrix are rounded. Spans stay together, for they share scales; those whose activations are the largest
/// come first, and in each span its columns likewise: what is rounded early is made up for by all that follows. Nothing of it is stored.
package struct ColumnOrder {
    /// Of each place, its column.
    package let columns: [Int]
    /// Of each block of the order: its places, and the span that it is.
    package let blocks: [(places: Range<Int>, span: Int)]

    /// `energy` is what each column's activations sum to, squared; `isSorted: false` keeps the columns as they are.
    package init(energy: [Float], isSorted: Bool) {
        let width = energy.count
        let spans = stride(from: 0, to: width, by: PlaneMatrix.span).map { $0..<min(width, $0 + PlaneMatrix.span) }
        var order = Array(spans.indices)
        if isSorted {
            // The mean, so that a last span that is not full is not put behind for its size.
            let means = spans.map { span in span.reduce(0.0) { $0 + Double(energy[$1]) } / Double(span.count) }
            order.sort { means[$0] > means[$1] || (means[$0] == means[$1] && $0 < $1) }
        }
        var columns: [Int] = [], blocks: [(places: Range<Int>, span: Int)] = []
        for span in order {
            let start = columns.count
            columns += isSorted ? spans[span].sorted { energy[$0] > energy[$1] || (energy[$0] == energy[$1] && $0 < $1) } : Array(spans[span])
            blocks.append((start..<columns.count, span))
        }
        (self.columns, self.blocks) = (columns, blocks)
    }
}
