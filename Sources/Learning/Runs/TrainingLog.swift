import Basis

/// A log of JSON lines: one a step, one an evaluation, one a round that has data of its own. Each is on its way to the disk before the
/// next begins.
public final class TrainingLog {
    private let descriptor: Descriptor

    /// Opens the log; a run that goes on after `steps` steps in a round takes away what was logged after them, and a line that was cut; one
    /// that begins, everything.
    public init(_ path: String, keeping steps: Int?, in round: Int) throws {
        descriptor = try Descriptor(appending: path)
        try descriptor.cut(to: steps.map { Self.length(of: try MappedFile(descriptor), keeping: $0, in: round) } ?? 0)
    }

    /// Bytes of the lines up to the last that belongs to a step of the first `steps`, or to the beginning of a round up to `round`.
    private static func length(of file: MappedFile, keeping steps: Int, in round: Int) -> Int {
        file.withBytes { bytes in
            var start = 0
            while let end = bytes[start...].firstIndex(of: 0x0A) {
                let line = try? JSON(parsing: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                guard let step = line?["step"]?.intValue, step <= steps, line?["round"]?.intValue ?? 0 <= round else { return start }
                start = end + 1
            }
            return start
        }
    }

    /// The step of a log's last whole line.
    public static func lastStep(of path: String) -> Int? {
        let lines = (try? MappedFile.contents(path))?.split(separator: 0x0A)
        return lines?.last.flatMap { try? JSON(parsing: Array($0)) }?["step"]?.intValue
    }

    public func write(_ line: JSON) throws {
        try Array((line.compact + "\n").utf8).withUnsafeBytes { try descriptor.write($0) }
    }
}
