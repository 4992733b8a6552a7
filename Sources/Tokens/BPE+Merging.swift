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
        for index in 1..<symbols.count { push(symbols, index - 1, index, &scratch) }
        scratch.heapify()
        while let top = scratch.pop() {
            let right = scratch.next[top.position]
            // Merged away or changed since it was pushed.
            guard symbols[top.position] >= 0, right < symbols.count else { continue }
            guard pair(symbols[top.position], symbols[right]) == top.merge else { continue }
            symbols[top.position] = Int32(truncatingIfNeeded: top.merge)
            symbols[right] = -1
            scratch.unlink(right)
            let left = scratch.previous[top.position]
            if left >= 0 { pushUp(symbols, left, top.position, &scratch) }
            let following = scratch.next[top.position]
            if following < symbols.count { pushUp(symbols, top.position, following, &scratch) }
        }
        symbols.removeAll { $0 < 0 }
    }

    private func push(_ symbols: [Int32], _ left: Int, _ right: Int, _ scratch: inout MergeScratch) {
        let merge = pair(symbols[left], symbols[right])
        if merge != PairTable.missing { scratch.heap.append(.init(merge: merge, position: left)) }
    }

    private func pushUp(_ symbols: [Int32], _ left: Int, _ right: Int, _ scratch: inout MergeScratch) {
        let before = scratch.heap.count
        push(symbols, left, right, &scratch)
        if scratch.heap.count > before { scratch.siftUp(before) }
    }
}

/// What merging long pieces needs to remember; kept from piece to piece to save allocations.
package struct MergeScratch {
    struct Candidate {
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
    /// A binary heap, the least first.
    var heap: [Candidate] = []

    mutating func link(_ count: Int) {
        previous.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        previous += -1..<count - 1
        next += 1...count
    }

    mutating func unlink(_ at: Int) {
        next[previous[at]] = next[at]
        if next[at] < previous.count { previous[next[at]] = previous[at] }
    }

    mutating func heapify() {
        for at in (0..<heap.count / 2).reversed() { siftDown(at) }
    }

    mutating func pop() -> Candidate? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return top
    }

    mutating func siftUp(_ start: Int) {
        var at = start
        while at > 0, heap[at] < heap[(at - 1) / 2] {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var at = start
        let moving = heap[at]
        while true {
            var child = 2 * at + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < moving else { break }
            heap[at] = heap[child]
            at = child
        }
        heap[at] = moving
    }
}
