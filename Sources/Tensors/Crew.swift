import CTernKernels
import Glibc
import Synchronization

/// What the threads of a pool share: one loop at a time, of which they claim pieces.
///
/// `remaining` is the number of indices not yet claimed, below the loop's number. Whoever lowers it owns the indices in between and may
/// read the loop's description until it has counted them off `unfinished`; the description changes only when nothing is unfinished.
/// Pieces shrink as the loop ends: the first ones are long, so that memory is read in long stretches, the last ones are short, so that
/// all threads end together.
final class Crew: @unchecked Sendable {
    private let remaining = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private let taken = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)

    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private var body: ((Range<Int>, Int) -> Void)?
    private var count = 0
    private let grain = Atomic<Int>(1)
    private let most = Atomic<Int>(1)
    private let threads = Atomic<Int>(1)
    private var loop = 0

    /// Indices of a loop at most, so that they fit beside its number.
    static let mostIndices = 1 << 40

    /// Of each thread.
    private let expected: [ExpectedMemory]

    init(mostThreads: Int) {
        expected = (0..<mostThreads).map { _ in ExpectedMemory() }
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    /// Whether the caller may now run a loop.
    func acquire() -> Bool { !taken.exchange(true, ordering: .acquiring) }
    func release() { taken.store(false, ordering: .releasing) }

    /// Runs one loop on this and other threads; the body gets the number of its thread, 0 for the caller's. Only whoever acquired the crew
    /// may call it.
    func run(_ body: @escaping (Range<Int>, Int) -> Void, count: Int, grain: Int, most: Int, threads: Int) {
        (self.body, self.count, loop) = (body, count, (loop + 1) & 0x3F_FFFF)
        self.grain.store(grain, ordering: .relaxed)
        self.most.store(most, ordering: .relaxed)
        self.threads.store(threads, ordering: .relaxed)
        unfinished.store(count, ordering: .relaxed)
        remaining.store(loop * Crew.mostIndices + count, ordering: .sequentiallyConsistent)
        wakeSleepers()
        while claim(for: 0) {}
        waitForOthers()
        self.body = nil
    }

    func expect(_ memory: [UnsafeRawBufferPointer]) {
        for (thread, memory) in zip(expected, memory) { thread.set(memory) }
    }

    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// What thread number `thread` of the crew does all its life.
    func work(as thread: Int) {
        while !stopping.load(ordering: .acquiring) {
            if !claim(for: thread) { waitForWork(as: thread) }
        }
    }

    /// Does one piece if there is one. What it reads of a loop counts only if that loop is still the one when it claims.
    private func claim(for thread: Int) -> Bool {
        var state = remaining.load(ordering: .acquiring)
        while state % Crew.mostIndices > 0 {
            let left = state % Crew.mostIndices
            let size = piece(of: left)
            let (exchanged, original) = remaining.weakCompareExchange(
                expected: state, desired: state - size, successOrdering: .acquiring, failureOrdering: .acquiring)
            if exchanged {
                perform(left, size, thread)
                unfinished.subtract(size, ordering: .releasing)
                return true
            }
            state = original
        }
        return false
    }

    /// Three quarters of a thread's fair share of what is left, in whole grains, but no more than the loop allows.
    private func piece(of left: Int) -> Int {
        let grain = grain.load(ordering: .relaxed)
        let share = left * 3 / (4 * threads.load(ordering: .relaxed))
        return min(left, most.load(ordering: .relaxed), max(1, share / grain) * grain)
    }

    /// Not inlined: it must have let go of the closure when the piece is counted off.
    @inline(never)
    private func perform(_ left: Int, _ size: Int, _ thread: Int) {
        body?(count - left..<count - left + size, thread)
    }

    /// A thread that lost its processor may be long in finishing; then this one gives up its own.
    private func waitForOthers() {
        var rounds = 0
        while unfinished.load(ordering: .acquiring) > 0 {
            if expected[0].fetchSome() { continue }
            rounds += 1
            if rounds > 2000 { sched_yield() } else { tern_pause() }
        }
    }

    private func waitForWork(as thread: Int) {
        let start = nanoseconds()
        while nanoseconds() &- start < 200_000 {
            for _ in 0..<32 {
                if remaining.load(ordering: .relaxed) % Crew.mostIndices > 0 || stopping.load(ordering: .relaxed) { return }
                if !expected[thread].fetchSome() { tern_pause() }
            }
        }
        sleepUntilWoken()
    }

    /// A sleeper is counted before it looks for work the last time, and work is shown before sleepers are counted: one sees the other.
    private func sleepUntilWoken() {
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while remaining.load(ordering: .sequentiallyConsistent) % Crew.mostIndices == 0, !stopping.load(ordering: .sequentiallyConsistent) {
            pthread_cond_wait(wake, mutex)
        }
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private func wakeSleepers() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }
}

private func nanoseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec &* 1_000_000_000 &+ now.tv_nsec
}
