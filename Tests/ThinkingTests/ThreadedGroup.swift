import Glibc
import Learning

/// Threads in the place of processes.
final class ThreadedGroup: ProcessGroup {
    let rank: Int
    let count: Int
    private let meeting: Meeting

    private init(_ rank: Int, _ count: Int, _ meeting: Meeting) { (self.rank, self.count, self.meeting) = (rank, count, meeting) }

    func sum(_ numbers: UnsafeMutableBufferPointer<Float>) { meeting.sum(numbers, rank) }
    func sum(_ numbers: UnsafeMutableBufferPointer<Double>) { meeting.sum(numbers, rank) }

    /// What `body` returns or throws in each of `count` threads.
    static func run<Value>(_ count: Int, _ body: @escaping (ThreadedGroup) throws -> Value) -> [Result<Value, any Error>] {
        let meeting = Meeting(count)
        let works = (0..<count).map { rank in Work { Result { try body(ThreadedGroup(rank, count, meeting)) } } }
        return works.map { $0.result() }
    }
}

/// Where all threads come together for a sum.
private final class Meeting {
    private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
    /// What each thread came with.
    private let brought: UnsafeMutableBufferPointer<UnsafeMutableRawBufferPointer>

    init(_ count: Int) {
        brought = .allocate(capacity: count)
        brought.initialize(repeating: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        pthread_barrier_init(barrier, nil, UInt32(count))
    }

    deinit {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
        brought.deallocate()
    }

    func sum<Number: BinaryFloatingPoint>(_ numbers: UnsafeMutableBufferPointer<Number>, _ rank: Int) {
        brought[rank] = UnsafeMutableRawBufferPointer(numbers)
        pthread_barrier_wait(barrier)
        if rank == 0 {
            let all = brought.map { $0.bindMemory(to: Number.self) }
            precondition(all.allSatisfy { $0.count == numbers.count }, "the threads do not sum the same")
            for index in numbers.indices {
                let sum = all.reduce(Number(0)) { $0 + $1[index] }
                for numbers in all { numbers[index] = sum }
            }
        }
        pthread_barrier_wait(barrier)
    }
}

/// A thread at work.
private final class Work<Value> {
    private let body: () -> Value
    private var value: Value?
    private var thread = pthread_t()

    init(_ body: @escaping () -> Value) {
        self.body = body
        let start = Unmanaged.passRetained(Start { self.value = body() }).toOpaque()
        pthread_create(&thread, nil, { start in
            start.map { Unmanaged<Start>.fromOpaque($0).takeRetainedValue().run() }
            return nil
        }, start)
    }

    func result() -> Value {
        pthread_join(thread, nil)
        guard let value else { preconditionFailure("a thread ended without a result") }
        return value
    }
}

private final class Start {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}
