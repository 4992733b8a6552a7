import CTernKernels
import Glibc
import Synchronization

/// What the threads of a pool share: one loop at a time, cut into pieces that they claim.
///
/// `remaining` is the number of pieces not yet claimed. Whoever lowers it from n to n - 1 owns piece n - 1 and may read the loop's
/// description until it has counted that piece off `unfinished`; the description changes only when nothing is unfinished.
final class Crew: @unchecked Sendable {
    private let remaining = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private let taken = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)

    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private var body: ((Range<Int>) -> Void)?
    private var count = 0
    private var piece = 0

    init() {
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

    /// Runs one loop in at most `pieces` pieces. Only whoever acquired the crew may call it.
    func run(_ body: @escaping (Range<Int>) -> Void, count: Int, grain: Int, pieces: Int) {
        let share = (count - 1) / pieces + 1
        piece = ((share - 1) / grain + 1) * grain
        let total = (count - 1) / piece + 1
        (self.body, self.count) = (body, count)
        unfinished.store(total, ordering: .relaxed)
        remaining.store(total, ordering: .sequentiallyConsistent)
        wakeSleepers()
        while claim() {}
        waitForOthers()
        self.body = nil
    }

    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// What a thread of the crew does all its life.
    func work() {
        while !stopping.load(ordering: .acquiring) {
            if !claim() { waitForWork() }
        }
    }

    /// Does one piece if there is one.
    private func claim() -> Bool {
        var left = remaining.load(ordering: .acquiring)
        while left > 0 {
            let (exchanged, original) = remaining.weakCompareExchange(
                expected: left, desired: left - 1, successOrdering: .acquiring, failureOrdering: .acquiring)
            if exchanged {
                perform(left - 1)
                unfinished.subtract(1, ordering: .releasing)
                return true
            }
            left = original
        }
        return false
    }

    /// Not inlined: it must have let go of the closure when the piece is counted off.
    @inline(never)
    private func perform(_ index: Int) {
        let start = index * piece
        body?(start..<min(count, start + piece))
    }

    /// A thread that lost its processor may be long in finishing; then this one gives up its own.
    private func waitForOthers() {
        var rounds = 0
        while unfinished.load(ordering: .acquiring) > 0 {
            rounds += 1
            if rounds > 2000 { sched_yield() } else { tern_pause() }
        }
    }

    private func waitForWork() {
        let start = nanoseconds()
        while nanoseconds() &- start < 50_000 {
            for _ in 0..<32 {
                if remaining.load(ordering: .relaxed) > 0 || stopping.load(ordering: .relaxed) { return }
                tern_pause()
            }
        }
        sleepUntilWoken()
    }

    /// A sleeper is counted before it looks for work the last time, and work is shown before sleepers are counted: one sees the other.
    private func sleepUntilWoken() {
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while remaining.load(ordering: .sequentiallyConsistent) == 0, !stopping.load(ordering: .sequentiallyConsistent) {
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
