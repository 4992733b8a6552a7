import Glibc
import Synchronization

/// Whether the program was asked to stop, by an interrupt from the keyboard or by a batch system whose time is over: it then finishes the
/// step that it is in and writes a checkpoint. Asked a second time, it stops at once.
struct StopSignal {
    private static let asked = Atomic<Bool>(false)

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                StopSignal.asked.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    var wasAskedFor: Bool { Self.asked.load(ordering: .relaxed) }
}
