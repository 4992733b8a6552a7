import Basis
import CZstd
import Safetensors
import Tensors

/// Packs a safetensors file that is written to it: Zstandard frames of at most 4 MiB of content, and a seek table after them.
///
/// A tensor of 256 KiB or more has frames of its own, smaller ones share them; so has the header. So one tensor can be read without the
/// others, and frames are compressed side by side. The bytes do not depend on the number of threads.
public final class PackedWriter: ByteSink {
    public static let frameSize = 4 << 20
    /// A tensor of so many bytes has frames of its own.
    public static let ownFrames = 256 << 10
    public static let defaultLevel = 1
    /// Levels that are worth their time and within a reader's window.
    public static let levels = 1...19

    private let sink: any ByteSink
    private let source: String?
    private let batch: FrameBatch
    private var cuts: FrameCuts?
    /// The beginning of the content, until it holds the whole header.
    private var beginning: [UInt8] = []
    private var written = 0

    public var name: String { sink.name }

    /// `source` is what the content is called in errors.
    public init(_ sink: any ByteSink, level: Int = PackedWriter.defaultLevel, pool: ThreadPool, source: String? = nil) throws {
        guard PackedWriter.levels.contains(level) else { throw Failure("level \(level) is not within 1 to 19") }
        (self.sink, self.source) = (sink, source)
        batch = try FrameBatch(level: level, pool: pool)
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if cuts != nil { return try append(bytes) }
        beginning.append(contentsOf: bytes)
        guard let header = try source.map({ try naming($0, headerIfComplete) }) ?? headerIfComplete() else { return }
        cuts = FrameCuts(header.header, dataStart: header.start)
        try beginning.withUnsafeBytes { try append($0) }
        beginning = []
    }

    /// Writes what is left and the seek table; refuses content that is cut short.
    public func close() throws {
        guard let cuts else { throw failure("the container ends within its header") }
        guard written == cuts.total else { throw failure("the container ends at byte \(written) of \(cuts.total)") }
        try batch.flush(to: sink)
        guard !Zstandard.isBomb(content: written, packed: batch.packedCount) else {
            throw failure("packs to less than 1/\(Zstandard.ratio) of its size, which readers refuse")
        }
        try sink.write(SeekTable.printed(batch.sizes))
        try sink.close()
    }

    private func failure(_ fact: String) -> Failure { source.map { Failure(fact).about($0) } ?? Failure(fact) }

    private func headerIfComplete() throws -> (header: SafetensorsHeader, start: Int)? {
        guard beginning.count >= SafetensorsHeader.lengthSize else { return nil }
        return try beginning.withUnsafeBytes { bytes in
            let start = SafetensorsHeader.lengthSize + (try SafetensorsHeader.textCount(bytes))
            guard bytes.count >= start else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: bytes[SafetensorsHeader.lengthSize..<start])
            return (try SafetensorsHeader(parsing: text, dataCount: nil), start)
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard var cuts else { return }
        guard bytes.count <= cuts.total - written else { throw failure("the container goes on after its last tensor") }
        var at = 0
        while at < bytes.count {
            let step = min(bytes.count - at, cuts.end - written)
            batch.append(UnsafeRawBufferPointer(rebasing: bytes[at..<at + step]))
            (at, written) = (at + step, written + step)
            guard written == cuts.end else { continue }
            cuts.advance()
            if batch.endFrame() { try batch.flush(to: sink) }
        }
        self.cuts = cuts
    }
}

/// Where frames end.
struct FrameCuts {
    /// Bytes of the content.
    let total: Int
    /// Where the current frame ends.
    private(set) var end = 0
    /// Places at which a frame begins, whatever the one before it holds, in order; the last is the end.
    private var forced: ArraySlice<Int>

    init(_ header: SafetensorsHeader, dataStart: Int) {
        total = dataStart + header.dataCount
        var forced = [dataStart]
        for (index, entry) in header.entries.enumerated() where entry.byteCount >= PackedWriter.ownFrames {
            forced += [dataStart + header.offsets[index], dataStart + header.offsets[index + 1]]
        }
        self.forced = (forced + [total])[...]
        advance()
    }

    /// Goes on to the next frame.
    mutating func advance() {
        while let next = forced.first, next <= end { forced.removeFirst() }
        end = min(end + PackedWriter.frameSize, forced.first ?? total)
    }
}
