/// Memory for one tensor after the other: a source that is read from end to end would otherwise have fresh pages cleared for each.
public final class TensorBuffer {
    private var memory = AlignedMemory(byteCount: 0)

    public init() {}

    /// Calls `body` with the tensor's bytes, mapped where they are or read into this memory; they are gone with the next call.
    public func withBytes<Result>(
        of source: any TensorSource, _ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        if let bytes = source.mapped(index) { return try body(bytes) }
        let count = source.entries[index].byteCount
        if memory.byteCount < count { memory = AlignedMemory(byteCount: count) }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
        try source.read(index, into: bytes)
        return try body(UnsafeRawBufferPointer(bytes))
    }
}
