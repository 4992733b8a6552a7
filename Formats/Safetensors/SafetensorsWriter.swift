import Basis
import Tensors

/// Writes safetensors to a sink that need not seek: the header first, then each tensor's bytes in the header's order.
public final class SafetensorsWriter {
    public let header: SafetensorsHeader
    /// The header as it was written, length field first.
    public let headerBytes: [UInt8]
    private let sink: any ByteSink
    private var current = 0
    /// Bytes that the current tensor still waits for.
    private var missing = 0

    public init(_ header: SafetensorsHeader, to sink: any ByteSink) throws {
        (self.header, self.sink) = (header, sink)
        headerBytes = try header.printed()
        try sink.write(headerBytes)
        missing = header.entries.first?.byteCount ?? 0
        passComplete()
    }

    /// The tensor that the next bytes belong to; nil after the last.
    public var expected: TensorEntry? { current < header.entries.count ? header.entries[current] : nil }

    /// Continues the tensor begun; refuses bytes beyond its end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        guard let expected else { throw Failure("\(bytes.count) bytes after the last tensor") }
        guard bytes.count <= missing else {
            throw Failure("tensor '\(expected.name)' takes \(expected.byteCount) bytes, \(bytes.count - missing) too many were given")
        }
        try sink.write(bytes)
        missing -= bytes.count
        passComplete()
    }

    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Refuses to end before each tensor has all of its bytes; the sink stays open.
    public func finish() throws {
        guard let expected else { return }
        throw Failure("tensor '\(expected.name)' lacks \(missing) of its \(expected.byteCount) bytes")
    }

    /// Empty tensors are complete as soon as it is their turn.
    private func passComplete() {
        while missing == 0, current < header.entries.count {
            current += 1
            missing = expected?.byteCount ?? 0
        }
    }
}
