import Basis
import Glibc

/// Tensors that can be read one by one: a file, a directory of shards, a stream, a model made up in memory.
public protocol TensorSource: AnyObject {
    /// In the order in which they are stored. A source that is a stream can only be read in this order, each tensor once.
    var entries: [TensorEntry] { get }

    /// Whether several threads may read at once, in any order.
    var isConcurrent: Bool { get }

    /// Fills `buffer`, whose size is the entry's `byteCount`.
    func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws

    /// Calls `body` with the rows of a tensor (its last dimension) in order: whole rows, a multiple of `rows` at a time but for the last.
    /// The bytes lie there for the call only, and damage may show only at the end: what is made of them counts when this returns.
    func readRows(_ index: Int, multiplesOf rows: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

    /// The tensor's bytes where they lie in memory, valid as long as the source lives; nil if they have to be read.
    func mapped(_ index: Int) -> UnsafeRawBufferPointer?
}

extension TensorSource {
    public var isConcurrent: Bool { false }

    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? { nil }

    public func readRows(_ index: Int, multiplesOf rows: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withBytes(index, body)
    }

    public func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

    /// Calls `body` with the tensor's bytes, mapped where they are or read into memory for the while.
    public func withBytes<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        if let bytes = mapped(index) { return try body(bytes) }
        let count = entries[index].byteCount
        // A stream's header may claim any size: that must be a failure, where Swift's own allocation would end the program.
        var start: UnsafeMutableRawPointer?
        guard posix_memalign(&start, 64, max(1, count)) == 0 else {
            throw Failure("no memory for the \(count) bytes of '\(entries[index].name)'")
        }
        defer { free(start) }
        let bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
        try read(index, into: bytes)
        return try body(UnsafeRawBufferPointer(bytes))
    }
}
