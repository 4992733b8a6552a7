/// Quantised activations as integers in the order of the columns, as others than the products want them.
extension QuantisedRows {
    /// Where the integer of a column lies in its row's planes.
    private static func place(_ column: Int) -> Int {
        let inside = column % Kernels.block
        return column - inside + inside % 4 * (Kernels.block / 4) + inside / 4
    }

    /// The integers of row `row`.
    package func integers(_ row: Int) -> [Int8] { (0..<width).map { planes[row * stride + QuantisedRows.place($0)] } }

    /// What one step of row `row` stands for.
    package func step(_ row: Int) -> Float { inverses[row] }

    /// Row `row` from integers.
    package func fill(_ row: Int, integers: [Int8], step: Float) {
        precondition(integers.count == width)
        var values = [Int8](repeating: 0, count: stride)
        for (column, integer) in integers.enumerated() { values[QuantisedRows.place(column)] = integer }
        fill(row, planes: values, step: step)
    }
}
