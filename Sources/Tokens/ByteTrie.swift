/// Strings of bytes in a tree, to find those that a text goes on with. Each has a number of the caller's.
struct ByteTrie: Sendable {
    /// (node, byte) to node; node 0 is the root.
    private var children: PairTable
    /// The number of the string that ends at each node, or -1.
    private var ends: [Int32] = [-1]

    /// Room for `count` bytes.
    init(capacity count: Int) { children = PairTable(capacity: count) }

    /// An older string of the same bytes is forgotten.
    mutating func add(_ string: some Sequence<UInt8>, number: Int32) {
        var node: UInt32 = 0
        for byte in string { node = child(of: node, byte) ?? addChild(of: node, byte) }
        ends[Int(node)] = number
    }

    @inline(__always) private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
        let found = children[PairTable.key(node, UInt32(byte))]
        return found == PairTable.missing ? nil : UInt32(truncatingIfNeeded: found)
    }

    private mutating func addChild(of node: UInt32, _ byte: UInt8) -> UInt32 {
        let new = UInt32(truncatingIfNeeded: ends.count)
        children.set(PairTable.key(node, UInt32(byte)), UInt64(new))
        ends.append(-1)
        return new
    }

    /// The node that the bytes lead to.
    func node(after string: some Sequence<UInt8>) -> UInt32? {
        var node: UInt32 = 0
        for byte in string {
            guard let next = child(of: node, byte) else { return nil }
            node = next
        }
        return node
    }

    /// Calls `body` with each string, the shorter first, that the text goes on with at `start`, and where it ends. Strings are those
    /// behind `root`.
    @inline(__always) func forEachPrefix(
        of text: Bytes, at start: Int, end: Int, from root: UInt32 = 0, _ body: (_ number: Int32, _ end: Int) -> Void
    ) {
        var (node, at) = (root, start)
        while at < end, let next = child(of: node, text[at]) {
            at += 1
            node = next
            if ends[Int(node)] >= 0 { body(ends[Int(node)], at) }
        }
    }

    /// The longest of them.
    @inline(__always) func longestPrefix(of text: Bytes, at start: Int, end: Int, from root: UInt32 = 0) -> (number: Int32, end: Int)? {
        var result: (number: Int32, end: Int)?
        forEachPrefix(of: text, at: start, end: end, from: root) { result = ($0, $1) }
        return result
    }
}
