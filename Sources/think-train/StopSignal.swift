import Glibc
import Synchronization

/// Whether the program was asked to stop, by an interrupt from the keyboard or by a batch system whose time is over: it then finishes the
/// step that it is in and writes a checkpoint. Asked a second time, it stops at once, unless it is one of several processes: these are
/// asked by all who have a part in starting them, at about the same time.
enum StopSignal {
    private static let given = Atomic<Bool>(false)

    /// From now on such signals do not end the program.
    static func expect(alone: Bool) {
        for number in [SIGINT, SIGTERM] {
            if alone { signal(number) { StopSignal.take($0, next: SIG_DFL) } } else { signal(number) { StopSignal.take($0, next: nil) } }
        }
    }

    private static func take(_ number: Int32, next: sighandler_t?) {
        given.store(true, ordering: .relaxed)
        if let next { signal(number, next) }
    }

    static var wasGiven: Bool { given.load(ordering: .relaxed) }
}
