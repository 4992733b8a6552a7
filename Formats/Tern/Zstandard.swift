import Basis
import CZstd

/// What the container uses of Zstandard (RFC 8878) through libzstd.
enum Zstandard {
    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// A frame may ask for a window of 2^27 bytes at most, libzstd's own default.
    static let windowLog: Int32 = 27
    /// Content beyond this and beyond `ratio` times its packed size is refused as a bomb, by writers as well.
    static let freeContent = 1 << 30
    static let ratio = 1000

    static func isBomb(content: Int, packed: Int) -> Bool {
        content > freeContent && (content - freeContent) / ratio > packed
    }

    static func reason(_ code: Int) -> String {
        let text = ZSTD_getErrorName(code).map { String(cString: $0) } ?? "error"
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// A compressor that is used for one frame after the other.
final class FrameCompressor {
    private let context: OpaquePointer

    init(level: Int) throws {
        guard let context = ZSTD_createCCtx() else { throw Failure("out of memory") }
        self.context = context
        let settings = [(ZSTD_c_compressionLevel, Int32(clamping: level)), (ZSTD_c_checksumFlag, 1), (ZSTD_c_contentSizeFlag, 1)]
        for (parameter, value) in settings {
            let code = ZSTD_CCtx_setParameter(context, parameter, value)
            guard ZSTD_isError(code) == 0 else { throw Failure("cannot set up zstd: \(Zstandard.reason(code))") }
        }
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses `content` into a frame with its size and checksum; gives the frame's size.
    func compress(_ content: UnsafeRawBufferPointer, into frame: UnsafeMutableRawBufferPointer) throws -> Int {
        let code = ZSTD_compress2(context, frame.baseAddress, frame.count, content.baseAddress, content.count)
        guard ZSTD_isError(code) == 0 else { throw Failure("cannot compress: \(Zstandard.reason(code))") }
        return code
    }
}

/// Decompresses what comes from another reader: frames one after the other, skippable ones passed over.
final class ZstandardReader: ByteReader {
    private let source: any ByteReader
    private let context: OpaquePointer
    private var input: [UInt8]
    private var filled = 0
    private var used = 0
    /// Whether the last step ended between two frames.
    private var isBetween = true
    private var packed = 0
    private var content = 0

    var name: String { source.name }

    init(_ source: any ByteReader) throws {
        guard let context = ZSTD_createDCtx() else { throw Failure("out of memory") }
        (self.source, self.context) = (source, context)
        input = [UInt8](repeating: 0, count: ZSTD_DStreamInSize())
        let code = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Zstandard.windowLog)
        guard ZSTD_isError(code) == 0 else { throw Failure("cannot set up zstd: \(Zstandard.reason(code))") }
    }

    deinit { ZSTD_freeDCtx(context) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard buffer.count > 0 else { return 0 }
        while true {
            let isEnd = try refill()
            let count = try step(buffer)
            if count > 0 { return count }
            guard isEnd else { continue }
            guard isBetween else { throw Failure("'\(name)': a compressed frame is cut short") }
            return 0
        }
    }

    /// Whether there is nothing left to read.
    private func refill() throws -> Bool {
        guard used == filled else { return false }
        filled = try input.withUnsafeMutableBytes { try source.read(into: $0) }
        used = 0
        packed += filled
        return filled == 0
    }

    private func step(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let code = input.withUnsafeBytes { bytes in
            var source = ZSTD_inBuffer(src: bytes.baseAddress, size: filled, pos: used)
            defer { used = source.pos }
            return ZSTD_decompressStream(context, &output, &source)
        }
        guard ZSTD_isError(code) == 0 else { throw Failure("'\(name)' does not decompress: \(Zstandard.reason(code))") }
        if output.pos > 0 || filled > 0 { isBetween = code == 0 }
        content += output.pos
        guard !Zstandard.isBomb(content: content, packed: packed) else {
            throw Failure("'\(name)' unpacks to more than \(Zstandard.ratio) times its size")
        }
        return output.pos
    }
}
