import Basis
import Synchronization
import Tensors

/// Content in Zstandard's seekable format: any stretch of it can be had by decompressing the frames that it lies in.
final class SeekableContent: Content, Sendable {
    let name: String
    private let file: MappedFile
    private let frames: [SeekTable.Frame]
    /// Small tensors share a frame and are read one after the other: the frames decompressed last, the latest at the end.
    private let recent = Mutex<[(frame: Int, content: [UInt8])]>([])
    private static let kept = 4
    /// As many as have been at work at once.
    private let idle = Mutex<[FrameDecompressor]>([])

    let count: Int

    init(_ file: MappedFile) throws {
        let table = try naming(file.name) { try file.withBytes { try SeekTable($0) } }
        (name, self.file, frames, count) = (file.name, file, table.frames, table.contentCount)
    }

    func mapped(_ range: Range<Int>) -> UnsafeRawBufferPointer? { nil }

    func read(_ piece: Piece, _ filled: (UnsafeRawBufferPointer) throws -> Void) throws {
        let range = piece.offset..<piece.offset + piece.buffer.count
        for frame in framesOf(range) {
            let part = frames[frame].content.clamped(to: range)
            let target = UnsafeMutableRawBufferPointer(
                rebasing: piece.buffer[part.lowerBound - piece.offset..<part.upperBound - piece.offset])
            try read(frame, part, into: target)
            try filled(UnsafeRawBufferPointer(target))
        }
    }

    /// Copies what is wanted of one frame; straight from the decompressor where that is the whole frame.
    private func read(_ frame: Int, _ part: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws {
        let content = frames[frame].content
        guard part != content else { return try decompress(frame, into: { _ in target }) }
        try contents(frame).withUnsafeBytes {
            let source = $0[part.lowerBound - content.lowerBound..<part.upperBound - content.lowerBound]
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
        }
    }

    func stretches(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for frame in framesOf(range) {
            let content = frames[frame].content, part = content.clamped(to: range)
            if part == content {
                try decompress(frame, into: { $0.buffer(content.count) }, then: body)
            } else {
                try contents(frame).withUnsafeBytes {
                    let source = $0[part.lowerBound - content.lowerBound..<part.upperBound - content.lowerBound]
                    try body(UnsafeRawBufferPointer(rebasing: source))
                }
            }
        }
    }

    private func contents(_ frame: Int) throws -> [UInt8] {
        if let known = recent.withLock({ $0.last { $0.frame == frame }?.content }) { return known }
        let bytes = try [UInt8](unsafeUninitializedCapacity: frames[frame].content.count) { buffer, count in
            let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<frames[frame].content.count])
            try decompress(frame, into: { _ in target })
            count = target.count
        }
        recent.withLock {
            if $0.count >= SeekableContent.kept { $0.removeFirst() }
            $0.append((frame, bytes))
        }
        return bytes
    }

    /// What a frame is made of is let go of as soon as it is decompressed, or a large model would be in memory twice.
    private func decompress(
        _ frame: Int, into target: (FrameDecompressor) -> UnsafeMutableRawBufferPointer,
        then body: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws {
        let decompressor = try idle.withLock { $0.popLast() } ?? FrameDecompressor()
        defer { idle.withLock { $0.append(decompressor) } }
        let buffer = target(decompressor), packed = frames[frame].packed
        do {
            defer { file.release(packed) }
            try file.withBytes { try decompressor.decompress(UnsafeRawBufferPointer(rebasing: $0[packed]), into: buffer) }
        } catch let failure as Failure {
            throw Failure("frame \(frame) does not decompress: \(failure)")
        }
        try body(UnsafeRawBufferPointer(buffer))
    }

    /// The frames that hold a stretch of the content; none for an empty one.
    private func framesOf(_ range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        let first = frames.partitioningIndex { $0.content.upperBound > range.lowerBound }
        let last = frames.partitioningIndex { $0.content.lowerBound >= range.upperBound }
        return first..<max(first, last)
    }
}

extension Array {
    /// The first index whose element meets a condition that all after it meet as well.
    fileprivate func partitioningIndex(_ isAfter: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
