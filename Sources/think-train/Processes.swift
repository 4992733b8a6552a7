import Basis
import Glibc
import Learning
#if MPI
import MessagePassing
#endif

/// How this process came to be: alone, or as one of several that mpirun started with the same command line.
enum Processes {
    /// Its number among them, before MPI has begun; 0 where it is alone.
    static var rank: Int { number("OMPI_COMM_WORLD_RANK") ?? 0 }

    private static func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }

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
