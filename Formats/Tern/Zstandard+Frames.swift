import Basis
import CZstd

extension Zstandard {
    /// What a frame's header says of its content.
    enum ContentSize: Equatable, CustomStringConvertible {
        case unknown
        case bytes(UInt64)

        var description: String {
            switch self {
            case .unknown: "an unknown number of bytes"
            case .bytes(let count): "\(count) bytes"
            }
        }
    }

    /// Nil for what is not the beginning of a frame.
    static func contentSize(_ frame: UnsafeRawBufferPointer) -> ContentSize? {
        // ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR, macros that Swift does not see.
        switch ZSTD_getFrameContentSize(frame.baseAddress, frame.count) {
        case UInt64.max: .unknown
        case UInt64.max - 1: nil
        case let count: .bytes(count)
        }
    }
}

/// A decompressor that is used for one frame after the other.
final class FrameDecompressor: @unchecked Sendable {
    private let context: OpaquePointer
    private let memory = RowBuffer()

    init() throws {
        guard let context = ZSTD_createDCtx() else { throw Failure("out of memory") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Memory for the content of a frame, until the next one.
    func buffer(_ count: Int) -> UnsafeMutableRawBufferPointer { memory.bytes(count) }

    /// Decompresses exactly one frame to exactly the size of `content`.
    func decompress(_ frame: UnsafeRawBufferPointer, into content: UnsafeMutableRawBufferPointer) throws {
        guard ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count else {
            throw Failure("it is not one whole frame")
        }
        let code = ZSTD_decompressDCtx(context, content.baseAddress, content.count, frame.baseAddress, frame.count)
        guard ZSTD_isError(code) == 0 else { throw Failure(Zstandard.reason(code)) }
        guard code == content.count else { throw Failure("it has \(code) bytes of content, not \(content.count)") }
    }
}
