import Basis
import Glibc
import Tensors

/// A stretch of a container's content and where it is wanted.
struct Piece {
    /// Counted from the first byte of the safetensors file that the content is.
    let offset: Int
    let buffer: UnsafeMutableRawBufferPointer
}

/// The bytes of a safetensors file, however they are kept.
protocol Content: AnyObject {
    var name: String { get }
    var count: Int { get }

    /// Fills the buffer; safe to call from several threads. Hands on each stretch of it, in order, as soon as it is there.
    func read(_ piece: Piece, _ filled: (UnsafeRawBufferPointer) throws -> Void) throws

    /// Calls `body` with stretches of the content in order, which lie there for the call only; safe to call from several threads.
    func stretches(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

    /// The bytes where they lie in memory; nil if they have to be read.
    func mapped(_ range: Range<Int>) -> UnsafeRawBufferPointer?
}

extension Content {
    func bytes(_ offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(Piece(offset: offset, buffer: $0)) { _ in } }
        return bytes
    }
}

/// Content that lies in memory: a mapped file, or what came through a pipe.
final class MemoryContent: Content {
    let name: String
    private let bytes: UnsafeRawBufferPointer
    private let owner: AnyObject

    var count: Int { bytes.count }

    init(_ file: MappedFile) { (name, bytes, owner) = (file.name, file.bytes, file) }

    init(_ memory: Memory, name: String) {
        (self.name, bytes, owner) = (name, UnsafeRawBufferPointer(memory.bytes), memory)
    }

    func read(_ piece: Piece, _ filled: (UnsafeRawBufferPointer) throws -> Void) throws {
        let end = piece.offset + piece.buffer.count
        piece.buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[piece.offset..<end]))
        try filled(UnsafeRawBufferPointer(piece.buffer))
    }

    func stretches(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    func mapped(_ range: Range<Int>) -> UnsafeRawBufferPointer? { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

/// Memory that costs nothing before it is touched, so that a false size does no harm.
///
/// It goes with the last reference to this object, whoever still holds `bytes`.
final class Memory {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = mmap(nil, max(1, count), PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else {
            throw Failure("no memory for \(count) bytes")
        }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    deinit { munmap(bytes.baseAddress, max(1, bytes.count)) }
}

extension ThreadPool {
    /// Calls `body` for 0..<count on all threads; throws what failed for the lowest index, as one thread alone would have.
    func trying(_ count: Int, _ body: (Int) throws -> Void) throws {
        let first = FirstFailure()
        parallel(count) { range in
            for index in range where !first.isBefore(index) {
                do { try body(index) } catch { first.note(index, error) }
            }
        }
        if let error = first.error { throw error }
    }
}

private final class FirstFailure: @unchecked Sendable {
    private var lock = pthread_spinlock_t()
    private var index = Int.max
    private(set) var error: (any Error)?

    init() { pthread_spin_init(&lock, 0) }
    deinit { pthread_spin_destroy(&lock) }

    func isBefore(_ other: Int) -> Bool {
        pthread_spin_lock(&lock)
        defer { pthread_spin_unlock(&lock) }
        return index < other
    }

    func note(_ at: Int, _ failure: any Error) {
        pthread_spin_lock(&lock)
        defer { pthread_spin_unlock(&lock) }
        if at < index { (index, error) = (at, failure) }
    }
}
