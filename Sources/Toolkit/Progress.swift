import Basis
import Glibc

/// A line on standard error that says how far long work is: share, rate if it is counted in bytes, time left. Only on a terminal, and
/// not before half a second.
public final class Progress {
    private let label: String
    private var total: Int
    private let countsBytes: Bool
    private let shows: Bool
    private let start = Progress.now
    private var lastShown = 0.0
    private var done = 0
    private var begun = 0
    private var note = ""

    /// `total` bytes are to be worked through; 0 if nobody knows how many.
    public init(_ label: String, total: Int, quiet: Bool) {
        (self.label, self.total, countsBytes) = (label, total, true)
        shows = !quiet && isatty(STDERR_FILENO) == 1
    }

    /// Parts are to be worked through, of about the same length; `advance(to:of:)` says how many.
    public init(_ label: String, quiet: Bool) {
        (self.label, total, countsBytes) = (label, 0, false)
        shows = !quiet && isatty(STDERR_FILENO) == 1
    }

    public func advance(by bytes: Int) { show(done + bytes) }

    /// `done` parts of `total` are done; `note` says what there is to say of the last one.
    public func advance(to done: Int, of total: Int, note: String = "") {
        (self.total, self.note) = (total, note)
        show(done)
    }

    /// The parts that were done before this program began.
    public func begin(at done: Int) { begun = done }

    private func show(_ done: Int) {
        self.done = done
        guard shows, Progress.now - start > 0.5, Progress.now - lastShown > 0.1 else { return }
        lastShown = Progress.now
        printError("\r\(label) \(line)\u{1B}[K")
    }

    /// Takes the line away.
    public func finish() {
        if lastShown > 0 { printError("\r\u{1B}[K") }
    }

    private var line: String {
        let rate = Double(done - begun) / (Progress.now - start)
        let speed = countsBytes ? "  \(decimal(rate / 1e6, 0)) MB/s" : ""
        guard total > 0 else { return "\(byteText(done))\(speed)" }
        let left = rate > 0 ? max(0, Double(total - done) / rate) : 0
        return "\(min(100, 100 * done / total))%\(speed)\(note.isEmpty ? "" : "  \(note)")  \(Progress.time(left)) left"
    }

    /// `90 s`, `12 min`, `5.2 h`.
    private static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds.rounded(.up))) s"
        case ..<7200: "\(Int((seconds / 60).rounded(.up))) min"
        default: "\(decimal(min(seconds, 1e9) / 3600, 1)) h"
        }
    }

    /// Seconds of a clock that never goes back.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
