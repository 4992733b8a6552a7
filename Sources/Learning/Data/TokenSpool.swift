import Basis
import Glibc
import Safetensors
import Tensors

/// Gathers tokens on disk until it is known how many there are, and then writes them as the file that `TokenData` reads.
public final class TokenSpool {
    private let spool: Descriptor
    private let sink: DescriptorSink
    private var counts = [0, 0]
    private var part = 0

    /// Gathers in a file without a name in `folder`.
    public init(in folder: String) throws {
        var path = Array("\(folder)/.tokens.XXXXXX".utf8CString)
        let number = mkstemp(&path)
        guard number >= 0 else { throw Failure.system("create", "\(folder)/tokens.safetensors", errno) }
        unlink(path)
        spool = Descriptor(number, name: "\(folder)/tokens.safetensors", owned: true)
        sink = DescriptorSink(spool)
    }

    /// What is added from now on is held out.
    public func beginHeldOut() { part = 1 }

    public func add(_ tokens: [Int32]) throws {
        try tokens.withUnsafeBytes { try sink.write($0) }
        counts[part] += tokens.count
    }

    public func write(to path: String) throws {
        try sink.flush()
        let entries = try zip(["tokens", "held-out"], counts).map { try TensorEntry(name: $0, element: .int32, shape: [$1]) }
        let target = try Output.open(path), writer = try SafetensorsWriter(SafetensorsHeader(entries: entries), to: target)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let total = 4 * counts.reduce(0, +)
        for start in stride(from: 0, to: total, by: buffer.count) {
            try writeStretch(start..<min(total, start + buffer.count), of: entries[0].byteCount, &buffer, writer)
        }
        try writer.finish()
        try target.close()
    }

    /// A writer takes no bytes of two tensors at once.
    private func writeStretch(_ range: Range<Int>, of first: Int, _ buffer: inout [UInt8], _ writer: SafetensorsWriter) throws {
        try buffer.withUnsafeMutableBytes { bytes in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count])
            try spool.read(at: range.lowerBound, into: bytes)
            let border = min(max(first - range.lowerBound, 0), range.count)
            try writer.write(UnsafeRawBufferPointer(rebasing: bytes[..<border]))
            try writer.write(UnsafeRawBufferPointer(rebasing: bytes[border...]))
        }
    }
}
