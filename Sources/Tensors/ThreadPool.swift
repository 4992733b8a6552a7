import CTernKernels
import Glibc

/// Threads that stay and share loops: a decoded token is some 250 short loops, too many to start threads or to sleep in between.
///
/// A thread without work looks for some for 200 microseconds and then sleeps. How a loop is cut depends on the number of threads, so
/// what `body` does for one index must not depend on the others.
public final class ThreadPool: Sendable {
    /// Threads that take part, the caller among them.
    public let threads: Int
    private let crew: Crew
    private let handles: [pthread_t]

    /// No thread of the pool has a number as large as this.
    var mostThreads: Int { 1 + asked }
    private let asked: Int

    /// Processors that this process may run on.
    public static var processors: Int { Int(tern_processors()) }

    /// The numbers of these processors.
    public static var processorNumbers: [Int] { (0..<1024).filter { tern_may_run_on(Int32($0)) != 0 } }

    /// Has as many threads as asked for, or as the system grants.
    public init(threads: Int = ThreadPool.processors) {
        asked = max(0, threads - 1)
        let crew = Crew(mostThreads: 1 + asked)
        handles = (1..<max(1, threads)).compactMap { startWorker(crew, $0) }
        self.threads = handles.count + 1
        self.crew = crew
    }

    /// Calls `body` with ranges that cover 0..<count, each a multiple of `grain` long except the last, on all threads; returns when
    /// all is done. Inside of `body`, and while another thread uses the pool, a call runs on its own thread alone.
    public func parallel(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
        parallel(count, grain: grain) { range, _ in body(range) }
    }

    /// The same; `body` is also told which of the pool's threads it runs on, as a number below `mostThreads`, and gets no more than `most`
    /// indices at once.
    public func parallel(_ count: Int, grain: Int = 1, most: Int = .max, _ body: (Range<Int>, Int) -> Void) {
        guard count > 0 else { return }
        let grain = max(1, grain)
        guard threads > 1, count > grain, count < Crew.mostIndices, crew.acquire() else { return body(0..<count, 0) }
        defer { crew.release() }
        withoutActuallyEscaping(body) { body in
            crew.run(body, count: count, grain: grain, most: most, threads: threads)
        }
    }

    /// Tells each thread, the caller's first, what it will probably read first of the next loop, or of the one after it where the next one
    /// is about to begin. Threads fetch that while they wait.
    public func expect(_ memory: [UnsafeRawBufferPointer]) {
        if threads > 1 { crew.expect(memory) }
    }

    deinit {
        crew.stop()
        for handle in handles { pthread_join(handle, nil) }
    }
}

/// Starts a thread that works for the crew and leaves signals to the others; nil where the system refuses.
private func startWorker(_ crew: Crew, _ thread: Int) -> pthread_t? {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    var handle = pthread_t()
    let context = Unmanaged.passRetained(Worker(crew: crew, thread: thread))
    let status = pthread_create(&handle, nil, { context in
        guard let context else { return nil }
        let worker = Unmanaged<Worker>.fromOpaque(context).takeRetainedValue()
        worker.crew.work(as: worker.thread)
        return nil
    }, context.toOpaque())
    guard status == 0 else {
        context.release()
        return nil
    }
    return handle
}

/// What a thread is started with.
private final class Worker {
    let crew: Crew
    let thread: Int

    init(crew: Crew, thread: Int) { (self.crew, self.thread) = (crew, thread) }
}
