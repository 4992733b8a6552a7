import Basis
import Safetensors
import Tensors
import Tern
import TestFiles
import Testing

/// The example that tern-container(5) prints is what readers read and the writer writes.
@Suite struct ManualTests {
    private static func page(_ name: String) throws -> [Substring] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return String(decoding: try MappedFile.contents("/\(root)/man/\(name)"), as: UTF8.self).split(separator: "\n")
    }

    /// The hexadecimal dumps of a page: lines of an address, two spaces and bytes.
    private static func dumps(_ name: String) throws -> [[UInt8]] {
        var dumps: [[UInt8]] = []
        for line in try page(name) {
            let words = line.split(separator: " ")
            guard let address = words.first, address.count == 4, let at = Int(address, radix: 16) else { continue }
            guard line.dropFirst(4).hasPrefix("  ") else { continue }
            if at == 0 { dumps.append([]) }
            try #require(dumps.last?.count == at)
            dumps[dumps.count - 1] += words.dropFirst().compactMap { UInt8($0, radix: 16) }
        }
        return dumps
    }

    private static let manifest = Manifest(
        name: "tiny", family: "none", tensors: [Manifest.Tensor(name: "w", encoding: .trits, shape: [2, 5])],
        history: [
            Manifest.Step(
                tool: "quantize", version: "0.1.0", inputs: [Manifest.Input(name: "w.safetensors", bytes: 3, digest: .pending)])
        ])

    @Test func `the raw example is what the writer writes and the naive reader reads`() throws {
        let dumps = try Self.dumps("tern-container.5")
        try #require(dumps.count == 2)
        let sink = MemorySink()
        let writer = try TernWriter(Self.manifest, files: [SmallFile(name: "config.json", bytes: Array("{}\n".utf8))], to: sink)
        try writer.write([0x61, 0x56, 0x04, 0x54])
        try writer.write([0, 0, 0, 0x3F])
        try writer.finish(inputs: [SHA256.digest(of: [1, 2, 3])])
        #expect(sink.bytes == dumps[0])
        let naive = try #require(try NaiveSafetensors(dumps[0]))
        #expect(naive.tensors.map(\.name) == ["file/config.json", "w", "w.scale", "tern.sha256"])
        let rows: [[Int]] = [0, 2].map { row in
            (0..<5).map { Int(naive.tensors[1].bytes[row + $0 / 4] >> UInt8(2 * ($0 % 4)) & 3) - 1 }
        }
        #expect(rows == [[0, -1, 1, 0, 1], [-1, 0, -1, -1, -1]])
    }

    @Test func `the packed example says what the raw one says`() throws {
        let dumps = try Self.dumps("tern-container.5")
        let scratch = try Scratch(), unpacked = MemorySink()
        let containers = try dumps.map { try TernContainer(scratch.write("x", $0)) }
        #expect(try containers[0].tensors.contents() == containers[1].tensors.contents() && containers[0].files == containers[1].files)
        #expect(containers[1].manifest.tensors == [Manifest.Tensor(name: "w", encoding: .fives, shape: [2, 5])])
        #expect(containers[1].rawRoot == containers[0].root)
        try Packing.unpack(DripReader(dumps[1]), to: unpacked)
        #expect(unpacked.bytes == dumps[0])
        let frames = NaiveSeekTable(dumps[1]).frames
        #expect(frames.map(\.packed) == [0x14C, 0xF6])
        #expect(frames.map(\.content) == [0x240, 3 + 2 + 4 + 7 * 32])
    }

    @Test func `the examples of manifests are manifests`() throws {
        let root = try TernContainer(Scratch().write("x", Self.dumps("tern-container.5")[0])).root
        let texts = try Self.page("tern-manifest.5").split { $0.hasPrefix(".Bd") || $0.hasPrefix(".Ed") }
            .filter { $0.first == "{" }.map { $0.joined(separator: "\n") }
        try #require(texts.count == 2)
        let manifests = try texts.map { try Manifest(parsing: Array($0.utf8)) }
        #expect(manifests[0].tensors == Self.manifest.tensors)
        #expect(manifests[0].history[0].inputs[0].digest == .row(4))
        #expect(manifests[1].parts.first?.root == root)
    }
}
