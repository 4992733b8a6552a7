import Basis

/// The seek table at the end of a file in Zstandard's seekable format, version 0.1.0:
/// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
struct SeekTable {
    struct Frame: Equatable {
        /// Bytes in the file.
        let packed: Range<Int>
        /// Bytes of the content.
        let content: Range<Int>
    }

    /// A skippable frame of the kind that the format has taken.
    static let skippableMagic: UInt32 = 0x184D_2A5E
    static let footerMagic: UInt32 = 0x8F92_EAB1
    static let footerSize = 9
    /// Content of one frame at most: a reader needs that much memory for each thread.
    static let frameLimit = 1 << 27
    static let maximumFrames = 0x800_0000
    private static let checksumFlag: UInt8 = 0x80
    /// Bits that the format reserves and wants to be zero.
    private static let reservedBits: UInt8 = 0x7C
    private static let ignoredBits: UInt8 = 0x03

    let frames: [Frame]

    var contentCount: Int { frames.last?.content.upperBound ?? 0 }

    /// Whether a file ends as one with a seek table does.
    static func ends(_ file: UnsafeRawBufferPointer) -> Bool {
        file.count >= footerSize && word(file, file.count - 4) == footerMagic
    }

    /// Whether it ends so, and uses none of the bits that readers are to ignore.
    static func isAsWritten(_ file: UnsafeRawBufferPointer) -> Bool { ends(file) && file[file.count - 5] & ignoredBits == 0 }

    /// Reads the table and checks it against the file: frames cover it exactly, and each begins as a frame does.
    init(_ file: UnsafeRawBufferPointer) throws {
        guard SeekTable.ends(file) else { throw Failure("no seek table") }
        let count = Int(SeekTable.word(file, file.count - SeekTable.footerSize))
        let flags = file[file.count - 5]
        guard flags & SeekTable.reservedBits == 0 else { throw Failure("the seek table uses reserved bits") }
        let entrySize = flags & SeekTable.checksumFlag == 0 ? 8 : 12
        guard count <= SeekTable.maximumFrames, count * entrySize + SeekTable.footerSize + 8 <= file.count else {
            throw Failure("the seek table says that it has \(count) frames")
        }
        let start = file.count - SeekTable.footerSize - count * entrySize - 8
        guard SeekTable.word(file, start) == SeekTable.skippableMagic,
            Int(SeekTable.word(file, start + 4)) == count * entrySize + SeekTable.footerSize
        else { throw Failure("the seek table is not in a frame of its own size") }
        frames = try SeekTable.frames(file, at: start + 8, count: count, entrySize: entrySize, end: start)
        guard !Zstandard.isBomb(content: contentCount, packed: file.count) else {
            throw Failure("unpacks to more than \(Zstandard.ratio) times its size")
        }
    }

    private static func frames(_ file: UnsafeRawBufferPointer, at table: Int, count: Int, entrySize: Int, end: Int) throws -> [Frame] {
        var frames: [Frame] = []
        frames.reserveCapacity(count)
        var (packed, content) = (0, 0)
        for index in 0..<count {
            let packedSize = Int(word(file, table + index * entrySize))
            let contentSize = Int(word(file, table + index * entrySize + 4))
            guard packedSize <= end - packed else { throw Failure("frame \(index) of the seek table ends beyond the file") }
            guard contentSize <= frameLimit else {
                throw Failure("frame \(index) claims \(contentSize) bytes of content, more than \(frameLimit)")
            }
            frames.append(Frame(packed: packed..<packed + packedSize, content: content..<content + contentSize))
            (packed, content) = (packed + packedSize, content + contentSize)
            try check(file, frames[index], index)
        }
        guard packed == end else { throw Failure("the frames of the seek table end at byte \(packed), not at \(end)") }
        return frames
    }

    /// What the frame says of itself is what the table says of it.
    private static func check(_ file: UnsafeRawBufferPointer, _ frame: Frame, _ index: Int) throws {
        let bytes = UnsafeRawBufferPointer(rebasing: file[frame.packed])
        guard bytes.starts(with: Zstandard.magic) else { throw Failure("frame \(index) of the seek table is not a Zstandard frame") }
        guard let size = Zstandard.contentSize(bytes) else { throw Failure("frame \(index) has a broken header") }
        guard size == .unknown || size == .bytes(UInt64(frame.content.count)) else {
            throw Failure("frame \(index) claims \(size) of content, the seek table \(frame.content.count)")
        }
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    /// The table's bytes for frames of these sizes.
    static func printed(_ frames: [(packed: Int, content: Int)]) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: Int) { withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian) { bytes += $0 } }
        append(Int(skippableMagic))
        append(frames.count * 8 + footerSize)
        for frame in frames {
            append(frame.packed)
            append(frame.content)
        }
        append(frames.count)
        bytes.append(0)
        append(Int(footerMagic))
        return bytes
    }
}
