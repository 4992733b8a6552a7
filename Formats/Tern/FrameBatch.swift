import Basis
import CZstd
import Tensors

/// Frames that are filled one after the other and compressed side by side: as many as keep all threads busy, and no more.
final class FrameBatch {
    /// Of all frames so far.
    private(set) var sizes: [(packed: Int, content: Int)] = []
    private(set) var packedCount = 0
    private let slots: [Slot]
    private let pool: ThreadPool
    private var current = 0

    private final class Slot {
        var content: [UInt8] = []
        var frame: [UInt8] = []
        let compressor: FrameCompressor

        init(level: Int) throws {
            compressor = try FrameCompressor(level: level)
            content.reserveCapacity(PackedWriter.frameSize)
        }

        func compress() throws {
            frame = try [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) { buffer, count in
                count = try content.withUnsafeBytes { try compressor.compress($0, into: UnsafeMutableRawBufferPointer(buffer)) }
            }
        }
    }

    init(level: Int, pool: ThreadPool) throws {
        self.pool = pool
        slots = try (0..<2 * pool.threads).map { _ in try Slot(level: level) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) { slots[current].content.append(contentsOf: bytes) }

    /// Closes the current frame; whether there is no room for another.
    func endFrame() -> Bool {
        guard !slots[current].content.isEmpty else { return false }
        current += 1
        return current == slots.count
    }

    /// Compresses and writes the frames that are closed.
    func flush(to sink: any ByteSink) throws {
        try pool.trying(current) { try self.slots[$0].compress() }
        for slot in slots[..<current] {
            try slot.frame.withUnsafeBytes { try sink.write($0) }
            sizes.append((slot.frame.count, slot.content.count))
            packedCount += slot.frame.count
            slot.content.removeAll(keepingCapacity: true)
        }
        current = 0
    }
}
