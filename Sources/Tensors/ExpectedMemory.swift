import CTernKernels
import Synchronization

/// What a thread will probably read first of the next loop; it fetches that while it waits, into its own cache.
final class ExpectedMemory: @unchecked Sendable {
    private let start = Atomic<Int>(0)
    private let count = Atomic<Int>(0)
    /// What the thread has begun with, and how far it is. Nobody else's.
    private var begun = 0
    private var fetched = 0

    /// Half of what a second-level cache holds today, and the bytes of one step: few enough that a thread sees at once when there is work.
    private static let most = 512 << 10, step = 512

    func set(_ memory: UnsafeRawBufferPointer) {
        count.store(min(memory.count, ExpectedMemory.most), ordering: .relaxed)
        start.store(Int(bitPattern: memory.baseAddress), ordering: .relaxed)
    }

    /// Fetches a little more of it; false if all has been. To fetch what is no longer there does no harm.
    func fetchSome() -> Bool {
        let start = start.load(ordering: .relaxed)
        if start != begun { (begun, fetched) = (start, 0) }
        guard fetched < count.load(ordering: .relaxed) else { return false }
        tern_fetch(UnsafeRawPointer(bitPattern: start + fetched), ExpectedMemory.step)
        fetched += ExpectedMemory.step
        return true
    }
}
