import Basis
import CZstd
import Safetensors
import Tensors

/// Where a damaged packed file is damaged. Frames are decompressed as far as they go, whatever their checksums say, and each tensor is
/// compared with its digest: so the tensor is named even where a frame holds many.
struct Diagnosis {
    private let name: String
    private let content: Memory
    /// Stretches of the content that do not decompress: of each broken frame the block that stopped it.
    private var broken: [Range<Int>] = []
    /// Frames whose content came out whole but does not match their checksum.
    private var mismatched: [Int] = []

    /// Decompresses all that can be.
    init(_ file: MappedFile) throws {
        let table = try file.withBytes { try SeekTable($0) }
        (name, content) = (file.name, try Memory(count: table.contentCount))
        for (index, frame) in table.frames.enumerated() where !frame.content.isEmpty {
            let target = UnsafeMutableRawBufferPointer(rebasing: content.bytes[frame.content])
            let packed = frame.packed
            switch try file.withBytes({ try Zstandard.salvage(UnsafeRawBufferPointer(rebasing: $0[packed]), into: target) }) {
            case .sound: break
            case .mismatched: mismatched.append(index)
            case .broken(let count):
                let start = frame.content.lowerBound + count
                broken.append(start..<min(start + Zstandard.blockSize, frame.content.upperBound))
            }
        }
    }

    /// What is wrong, tensor by tensor; empty where only bits that mean nothing were flipped.
    func problems() -> [Problem] {
        do { return try problemsByTensor() } catch {
            return [Problem(tensor: nil, description: "'\(name)': the header is damaged: \(error)")]
        }
    }

    private func problemsByTensor() throws -> [Problem] {
        let bytes = UnsafeRawBufferPointer(content.bytes)
        let count = try SafetensorsHeader.textCount(UnsafeRawBufferPointer(rebasing: bytes.prefix(8)), total: bytes.count)
        let dataStart = SafetensorsHeader.lengthSize + count
        let text = UnsafeRawBufferPointer(rebasing: bytes[SafetensorsHeader.lengthSize..<dataStart])
        let layout = try Layout(SafetensorsHeader(parsing: text, dataCount: bytes.count - dataStart))
        let places = layout.header.entries.indices.map { dataStart + layout.header.offsets[$0]..<dataStart + layout.header.offsets[$0 + 1] }
        let recorded = try? TernTensors.digests(layout, Array(bytes[places[layout.digests]]))
        var damaged = Set(places.indices.filter { place in broken.contains { $0.overlaps(places[place]) } })
        if let recorded {
            // Of a frame that broke off, what comes after the block that stopped it is lost, but not damaged.
            let lost = broken.map(\.lowerBound).min() ?? bytes.count
            for place in places.indices.dropLast() where damaged.isEmpty || places[place].lowerBound < lost {
                let digest = try SHA256.digest(of: UnsafeRawBufferPointer(rebasing: bytes[places[place]]))
                if digest != recorded[place + 1] { damaged.insert(place) }
            }
        } else if damaged.isEmpty {
            damaged.insert(layout.digests)
        }
        return damaged.sorted().map { problem(layout.header.entries[$0].name) } + checksumProblems(damaged.isEmpty)
    }

    private func problem(_ tensor: String) -> Problem {
        Problem(tensor: tensor, description: "'\(name)': tensor '\(tensor)' is damaged")
    }

    private func checksumProblems(_ isAlone: Bool) -> [Problem] {
        guard isAlone, let frame = mismatched.first else { return [] }
        return [Problem(tensor: nil, description: "'\(name)': the checksum of frame \(frame) is damaged, its content is not")]
    }
}

extension Zstandard {
    /// The most that one block decompresses to (RFC 8878, section 3.1.1.2.4).
    static let blockSize = 128 << 10

    enum Salvage {
        case sound
        /// Everything was decompressed, but it is not what the checksum says.
        case mismatched
        /// This many bytes were decompressed before a block that does not.
        case broken(Int)
    }

    /// Decompresses a frame as far as it goes, whatever its checksum says.
    static func salvage(_ frame: UnsafeRawBufferPointer, into content: UnsafeMutableRawBufferPointer) throws -> Salvage {
        guard let context = ZSTD_createDCtx() else { throw Failure("out of memory") }
        defer { ZSTD_freeDCtx(context) }
        let code = ZSTD_decompressDCtx(context, content.baseAddress, content.count, frame.baseAddress, frame.count)
        if ZSTD_isError(code) == 0 { return code == content.count ? .sound : .broken(Int(code)) }
        // The checksum is the last thing that is looked at, when all of the content is in its place.
        if ZSTD_getErrorCode(code) == ZSTD_error_checksum_wrong { return .mismatched }
        return .broken(try soundPrefix(of: frame, into: content))
    }

    /// Bytes of content that come before the first block that does not decompress.
    private static func soundPrefix(of frame: UnsafeRawBufferPointer, into content: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let context = ZSTD_createDCtx() else { throw Failure("out of memory") }
        defer { ZSTD_freeDCtx(context) }
        var output = ZSTD_outBuffer(dst: content.baseAddress, size: content.count, pos: 0), left = frame[...]
        // Small pieces, so that what comes before a broken block is handed out before the block is met.
        while !left.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: left.prefix(1 << 10))
            var input = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
            while input.pos < input.size {
                let before = (input.pos, output.pos)
                let code = ZSTD_decompressStream(context, &output, &input)
                guard ZSTD_isError(code) == 0, code > 0, (input.pos, output.pos) != before else { return output.pos }
            }
            left = left.dropFirst(piece.count)
        }
        return output.pos
    }
}
