import Tensors

/// The order in which the columns of a matrix are rounded. Spans stay together, for they share scales; those whose activations are the
/// largest come first, and in each span its columns likewise: what is rounded early is made up for by all that follows. Nothing of it is
/// stored.
package struct ColumnOrder {
    /// Of each place, its column.
    package let columns: [Int]
    /// Of each block of the order: its places, and the span that it is.
    package let blocks: [(places: Range<Int>, span: Int)]

    /// `energy` is what each column's activations sum to, squared; `isSorted: false` keeps the columns as they are.
    package init(energy: [Float], isSorted: Bool) {
        let width = energy.count
        let spans = stride(from: 0, to: width, by: IntegerBits.span).map { $0..<min(width, $0 + IntegerBits.span) }
        // The mean, so that a last span that is not full is not put behind for its size.
        let means = spans.map { span in span.reduce(0.0) { $0 + Double(energy[$1]) } / Double(span.count) }
        let order = isSorted ? Array(spans.indices).descending { means[$0] } : Array(spans.indices)
        var columns: [Int] = [], blocks: [(places: Range<Int>, span: Int)] = []
        for span in order {
            let start = columns.count
            columns += isSorted ? Array(spans[span]).descending { Double(energy[$0]) } : Array(spans[span])
            blocks.append((start..<columns.count, span))
        }
        (self.columns, self.blocks) = (columns, blocks)
    }
}

extension [Int] {
    /// By what `key` gives, the largest first; of equal ones the smaller number.
    fileprivate func descending(_ key: (Int) -> Double) -> [Int] {
        sorted { a, b in key(a) > key(b) || (key(a) == key(b) && a < b) }
    }
}
