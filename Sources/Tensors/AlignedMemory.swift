import Glibc

/// Memory that starts on a cache line and, where it is large, asks for huge pages: weights are read from end to end for each token,
/// and a small page every 4 KiB costs that loop a good part of its speed.
public final class AlignedMemory: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    private static let hugePage = 1 << 21

    /// The contents are undefined. Behind them are `slack` bytes more that may be read.
    public init(byteCount: Int, slack: Int = 0) {
        let large = byteCount >= 2 * AlignedMemory.hugePage
        self.byteCount = byteCount
        start = .allocate(byteCount: max(64, byteCount + slack), alignment: large ? AlignedMemory.hugePage : 64)
        if large { madvise(start, byteCount, MADV_HUGEPAGE) }
    }

    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: byteCount) }

    deinit { start.deallocate() }
}
