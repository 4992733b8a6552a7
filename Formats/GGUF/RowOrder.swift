/// The order of a matrix' rows. Converters to architecture `llama` lay the two halves of each query and key head, which rotate together,
/// row by row into each other, because ggml rotates neighbours there; the models of BitNet stay as they are.
struct RowOrder {
    let rows: Int
    let heads: Int

    /// The stored row that is row `row` of the model.
    func stored(_ row: Int) -> Int {
        let width = rows / heads
        let (head, place) = (row / width, row % width)
        return head * width + 2 * (place % (width / 2)) + place / (width / 2)
    }

    /// The row of the model that is stored as row `stored`.
    func row(storedAs stored: Int) -> Int {
        let width = rows / heads
        let (head, place) = (stored / width, stored % width)
        return head * width + place % 2 * (width / 2) + place / 2
    }

    /// Puts the rows that make up `bytes` in their order.
    func restore(_ bytes: UnsafeMutableRawBufferPointer) {
        let copy = Array(bytes), rowBytes = bytes.count / rows
        copy.withUnsafeBytes { copy in
            for row in 0..<rows {
                let source = UnsafeRawBufferPointer(rebasing: copy[stored(row) * rowBytes..<(stored(row) + 1) * rowBytes])
                UnsafeMutableRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes]).copyMemory(from: source)
            }
        }
    }
}
