import Basis
import Glibc

/// Lines of standard input, as they come: a program that has work in hand is not held up by a slow writer.
public final class LineReader {
    private var pending: [UInt8] = []
    /// Where the search for a line feed goes on.
    private var searched = 0
    private var ended = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// A longer line is refused.
    public static let limit = 1 << 28

    public init() {}

    public enum Line {
        /// Without its line feed.
        case line([UInt8])
        case nothingYet
        case end
    }

    /// The next line; waits for one only if it may.
    public func next(mayWait: Bool) throws -> Line {
        while true {
            if let end = pending[searched...].firstIndex(of: 0x0A) { return take(end) }
            searched = pending.count
            if ended { return try last() }
            guard mayWait || isReadable else { return .nothingYet }
            try fill()
        }
    }

    private func take(_ end: Int) -> Line {
        defer {
            pending.removeFirst(end + 1)
            searched = 0
        }
        return .line(Array(pending[..<end]))
    }

    /// What comes after the last line feed is a line too, unless it is nothing.
    private func last() throws -> Line {
        guard !pending.isEmpty else { return .end }
        defer { (pending, searched) = ([], 0) }
        return .line(pending)
    }

    private var isReadable: Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    private func fill() throws {
        let count = try buffer.withUnsafeMutableBytes { bytes -> Int in
            while true {
                let count = read(STDIN_FILENO, bytes.baseAddress, bytes.count)
                if count >= 0 { return count }
                guard errno == EINTR else { throw Failure("cannot read standard input: \(systemReason(errno))") }
            }
        }
        if count == 0 { ended = true }
        pending += buffer[..<count]
        guard pending.count <= LineReader.limit else { throw Failure("a line of standard input is longer than \(LineReader.limit) bytes") }
    }
}
