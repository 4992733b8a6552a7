/// A tensor as a GGUF file describes it.
struct StoredTensor {
    let name: String
    /// Innermost dimension first, as it is written.
    let dimensions: [Int]
    /// The number of its type, which forks use for different things.
    let type: UInt32
    /// Where its bytes begin, counted from the start of the data, and how many there are up to the next tensor's.
    let offset: Int
    var room = 0
    /// The types that this number stands for and whose size fits the room.
    var candidates: [StoredType] = []

    /// Numbers in a row.
    var columns: Int { dimensions.first ?? 1 }
    /// Rows of all outer dimensions together.
    var rows: Int { dimensions.dropFirst().reduce(1, *) }
    /// Outermost first, as other formats say it.
    var shape: [Int] { dimensions.reversed() }
}
