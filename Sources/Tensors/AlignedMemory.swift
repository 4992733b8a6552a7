import Glibc
import Synchronization

/// Memory that starts on a cache line and, where it is large, asks for huge pages: weights are read from end to end for each token,
/// and a small page every 4 KiB costs that loop a good part of its speed.
public final class AlignedMemory: @unchecked Sendable {
    package let start: UnsafeMutableRawPointer
    let byteCount: Int
    /// What the memory is a part of; nil where it is a block of its own.
    private let slab: Slab?

    fileprivate static let hugePage = 1 << 21

    /// The contents are undefined. Behind them are `slack` bytes more that may be read. Memory that is `kept` as long as a model lies
    /// side by side with other such memory, so that matrices smaller than a huge page get one too; it is given back when all of that is
    /// gone.
    public init(byteCount: Int, slack: Int = 0, kept: Bool = false) {
        self.byteCount = byteCount
        let size = max(64, byteCount + slack)
        if kept, size <= Slab.size / 4, let (slab, start) = Slab.reserve(size) {
            (self.slab, self.start) = (slab, start)
            return
        }
        let large = byteCount >= 2 * AlignedMemory.hugePage
        slab = nil
        start = .allocate(byteCount: size, alignment: large ? AlignedMemory.hugePage : 64)
        if large { madvise(start, byteCount, MADV_HUGEPAGE) }
    }

    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: byteCount) }

    deinit { if slab == nil { start.deallocate() } }
}

/// A stretch of huge pages that is handed out in parts, one after the other. What is not touched takes no memory.
private final class Slab: @unchecked Sendable {
    static let size = 64 << 20
    private static let current = Mutex<Slab?>(nil)

    private let start: UnsafeMutableRawPointer
    private var used = 0

    private init?() {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, AlignedMemory.hugePage, Slab.size) == 0, let memory else { return nil }
        start = memory
        madvise(start, Slab.size, MADV_HUGEPAGE)
    }

    deinit { free(start) }

    /// So many bytes of the current slab, or of a new one.
    static func reserve(_ size: Int) -> (Slab, UnsafeMutableRawPointer)? {
        current.withLock { current in
            if let slab = current, let start = slab.part(size) { return (slab, start) }
            guard let slab = Slab(), let start = slab.part(size) else { return nil }
            current = slab
            return (slab, start)
        }
    }

    private func part(_ size: Int) -> UnsafeMutableRawPointer? {
        let rounded = (size + 63) / 64 * 64
        guard rounded <= Slab.size - used else { return nil }
        defer { used += rounded }
        return start + used
    }
}
