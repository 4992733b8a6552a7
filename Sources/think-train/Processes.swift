import Basis
import Glibc
import Learning
import Tensors
#if MPI
import MessagePassing
#endif

/// How this process came to be: alone, or as one of several that mpirun started with the same command line.
enum Processes {
    /// Its number among them, before MPI has begun; 0 where it is alone.
    static var rank: Int { number("OMPI_COMM_WORLD_RANK") ?? 0 }

    private static func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }

    /// Processors for this process: those that it may run on, each of which counts the less the more of the processes may run on it. mpirun
    /// binds two processes to a processor each, but of more all those that are on one socket to all its processors.
    static func processors(of group: any ProcessGroup) throws -> Int {
        guard group.count > 1 else { return ThreadPool.processors }
        let own = ThreadPool.processorNumbers
        var entry = [machine] + [Double](repeating: 0, count: 1024)
        for processor in own { entry[1 + processor] = 1 }
        let users = try group.gather(entry).filter { $0[0] == machine }
        let share = own.reduce(0) { sum, processor in sum + 1 / users.reduce(0) { $0 + $1[1 + processor] } }
        return max(1, Int(share + 1e-6))
    }

    /// A number that stands for the machine's name.
    private static var machine: Double {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.nodename) { bytes in
            Double(bytes.prefix { $0 != 0 }.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) } >> 12)
        }
    }

    /// Runs `body` in each of them, and ends this one where it fails: one line says why, whatever their number.
    static func share(_ body: (any ProcessGroup) throws -> Void) throws {
        guard let count = number("OMPI_COMM_WORLD_SIZE"), count > 1 else { return try body(SingleProcess()) }
        #if MPI
        let group = try OpenMPIGroup { StopSignal.wasGiven }
        do { try body(group) } catch {
            if !(error is ToldByAnother) { ThinkTrain.complain("\(error)") }
            // Only now, for when one process ends with a failure mpirun ends all that are left.
            group.finish()
            Glibc.exit(2)
        }
        group.finish()
        #else
        // mpirun ends all when one ends with a failure: that is left to the one that speaks.
        guard rank == 0 else { return }
        throw Failure("\(count) processes were started, but this program was built without MPI: see think-train(1)")
        #endif
    }
}
