extension BPE {
    /// Pieces of at most this many symbols are merged by looking over all pairs each time, longer ones with a heap.
    static let scanLimit = 40

    /// Merges `symbols` until nothing can be.
    func merge(_ symbols: inout [Int32], _ scratch: inout MergeScratch) {
        guard symbols.count > 1 else { return }
        if symbols.count <= BPE.scanLimit { mergeByScan(&symbols, &scratch.pairs) } else { mergeByHeap(&symbols, &scratch) }
    }

    @inline(__always) package func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        merges[PairTable.key(UInt32(bitPattern: left), UInt32(bitPattern: right))]
    }

    /// Quadratic in the symbols, but without bookkeeping.
    package func mergeByScan(_ symbols: inout [Int32], _ pairs: inout [UInt64]) {
        pairs.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count { pairs.append(pair(symbols[index - 1], symbols[index])) }
        pairs.append(PairTable.missing)
        let count = symbols.withUnsafeMutableBufferPointer { symbols in
            pairs.withUnsafeMutableBufferPointer { mergeByScan(symbols, $0) }
        }
        symbols.removeLast(symbols.count - count)
    }

    /// `pairs[i]` is the merge of symbols i and i + 1, the last one missing. Gives how many symbols are left.
    private func mergeByScan(_ symbols: UnsafeMutableBufferPointer<Int32>, _ pairs: UnsafeMutableBufferPointer<UInt64>) -> Int {
        var count = symbols.count
        while true {
            var best = PairTable.missing
            var at = 0
            for index in 0..<count where pairs[index] < best {
                best = pairs[index]
                at = index
            }
            guard best != PairTable.missing else { return count }
            symbols[at] = Int32(truncatingIfNeeded: best)
            count -= 1
            for index in at + 1..<max(count, at + 1) {
                symbols[index] = symbols[index + 1]
                pairs[index] = pairs[index + 1]
            }
            pairs[at] = at + 1 < count ? pair(symbols[at], symbols[at + 1]) : PairTable.missing
            if at > 0 { pairs[at - 1] = pair(symbols[at - 1], symbols[at]) }
        }
    }

    /// O(n log n): candidates in a heap, symbols in a linked list.
    package func mergeByHeap(_ symbols: inout [Int32], _ scratch: inout MergeScratch) {
        scratch.link(symbols.count)
        for index in 1..<symbols.count {
            if let found = candidate(symbols, index - 1, index) { scratch.heap.add(found) }
        }
        scratch.heap.order()
        while let top = scratch.heap.pop() {
            let right = scratch.next[top.position]
            // Merged away or changed since it was pushed.
            guard symbols[top.position] >= 0, right < symbols.count else { continue }
            guard pair(symbols[top.position], symbols[right]) == top.merge else { continue }
            symbols[top.position] = Int32(truncatingIfNeeded: top.merge)
            symbols[right] = -1
            scratch.unlink(right)
            let left = scratch.previous[top.position]
            if left >= 0, let found = candidate(symbols, left, top.position) { scratch.heap.push(found) }
            let following = scratch.next[top.position]
            if following < symbols.count, let found = candidate(symbols, top.position, following) { scratch.heap.push(found) }
        }
        symbols.removeAll { $0 < 0 }
    }

    @inline(__always) private func candidate(_ symbols: [Int32], _ left: Int, _ right: Int) -> MergeScratch.Candidate? {
        let merge = pair(symbols[left], symbols[right])
        return merge == PairTable.missing ? nil : .init(merge: merge, position: left)
    }
}

/// What merging long pieces needs to remember; kept from piece to piece to save allocations.
package struct MergeScratch {
    struct Candidate: Comparable {
        /// Rank and id, as in `BPE.merges`.
        let merge: UInt64
        /// The left symbol's.
        let position: Int

        static func < (left: Candidate, right: Candidate) -> Bool {
            left.merge != right.merge ? left.merge < right.merge : left.position < right.position
        }
    }

    package init() {}

    var pairs: [UInt64] = []
    var previous: [Int] = []
    var next: [Int] = []
    var heap = Heap<Candidate>()

    mutating func link(_ count: Int) {
        previous.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        heap.removeAll()
        previous += -1..<count - 1
        next += 1...count
    }

    mutating func unlink(_ at: Int) {
        next[previous[at]] = next[at]
        if next[at] < previous.count { previous[next[at]] = previous[at] }
    }
}
