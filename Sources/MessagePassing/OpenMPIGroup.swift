#if MPI
import Basis
import COpenMPI
import Glibc
import Learning

/// The processes that `mpirun` started side by side. Calls come from the main thread only.
///
/// All get the same bits of a sum: MPI requires it of MPI_Allreduce (MPI 3.1, section 5.9.6).
public final class OpenMPIGroup: ProcessGroup {
    public let rank: Int
    public let count: Int
    /// Whether this process was asked to stop. mpirun asks so when a process is lost, and ends all that are left a while later; it does the
    /// same when it is asked to stop itself.
    private let isAskedToStop: () -> Bool
    /// Seconds that the others are waited for once this process was asked to stop: a share of the time that mpirun leaves, so that the rest
    /// suffices for a checkpoint.
    private let patience: Double
    private var hasLost = false

    /// `isAskedToStop` is looked at while the others are waited for.
    public init(isAskedToStop: @escaping () -> Bool) throws {
        var rank: Int32 = 0, count: Int32 = 1
        guard tern_mpi_begin(&rank, &count) == MPI_SUCCESS else { throw Failure("MPI cannot begin") }
        (self.rank, self.count, self.isAskedToStop) = (Int(rank), Int(count), isAskedToStop)
        let left = getenv("OMPI_MCA_odls_base_sigkill_timeout").flatMap { Double(String(cString: $0)) } ?? 1
        patience = 0.3 * left
    }

    /// To be called in all processes before they end, but for those that were left alone.
    public func finish() {
        if !hasLost { MPI_Finalize() }
    }

    public func sum(_ numbers: UnsafeMutableBufferPointer<Float>) throws { try sum(numbers, tern_mpi_sum_floats) }
    public func sum(_ numbers: UnsafeMutableBufferPointer<Double>) throws { try sum(numbers, tern_mpi_sum_doubles) }

    private typealias Start = (UnsafeMutablePointer<MPI_Request?>) -> Int32

    /// First all are waited for, then the numbers go from one to the other, which they do only while somebody looks.
    private func sum<Number>(
        _ numbers: UnsafeMutableBufferPointer<Number>,
        _ start: (UnsafeMutablePointer<Number>, Int32, UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws {
        guard let address = numbers.baseAddress else { return }
        try wait(resting: true) { tern_mpi_barrier($0) }
        // MPI counts in 32 bits.
        for part in stride(from: 0, to: numbers.count, by: 1 << 30) {
            let count = Int32(min(1 << 30, numbers.count - part))
            try wait(resting: false) { start(address + part, count, $0) }
        }
    }

    /// Waits until what `start` begins is done. Resting, it looks ever more rarely, so that a process that waits for minutes leaves its
    /// processor alone, and still loses no more than a hundredth of the time.
    private func wait(resting: Bool, _ start: Start) throws {
        let request = UnsafeMutablePointer<MPI_Request?>.allocate(capacity: 1), begun = Self.now
        defer { request.deallocate() }
        var asked: Double?, done: Int32 = 0
        guard !hasLost, start(request) == MPI_SUCCESS else { throw lost() }
        while true {
            guard tern_mpi_test(request, &done) == MPI_SUCCESS else { throw lost() }
            if done != 0 { return }
            let now = Self.now
            if isAskedToStop() { asked = asked ?? now }
            if let asked, now - asked > patience { throw lost() }
            let rest = resting ? min(0.01, (now - begun) / 100) : 0
            if rest > 50e-6 { usleep(useconds_t(rest * 1e6)) } else { sched_yield() }
        }
    }

    private func lost() -> LostProcess {
        hasLost = true
        return LostProcess()
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
#endif
