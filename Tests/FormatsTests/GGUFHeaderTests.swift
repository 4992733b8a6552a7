import Basis
import GGUF
import Support
import Tensors
import TestFiles
import Testing

/// Hostile and damaged GGUF files.
@Suite struct GGUFHeaderTests {
    private static let small = GGUFSample(.q2x0of64, width: 64, layers: 1).writer

    /// Bytes up to the end of the tensors' descriptions.
    private static let headerCount: Int = {
        var writer = small
        for index in writer.tensors.indices { writer.tensors[index].bytes = [] }
        return writer.bytes.count
    }()

    private func refusal(_ change: (inout GGUFWriter) -> Void) throws -> String {
        var writer = Self.small
        change(&writer)
        return fact { _ = try opened(writer.bytes, in: Scratch()) }
    }

    @Test func `what the page shows is what the writer writes and the naive reader reads`() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = String(decoding: try MappedFile.contents("\(root)/man/tern-gguf.5"), as: UTF8.self)
        let lines = page.split(separator: "\n").filter { $0.count > 6 && Int($0.prefix(4), radix: 16) != nil && $0.dropFirst(4).hasPrefix("  ") }
        let bytes = lines.flatMap { $0.split(separator: " ").dropFirst().compactMap { UInt8($0, radix: 16) } }
        var writer = GGUFWriter()
        writer.set("general.architecture", .text("bitnet"))
        let trits: [Int8] = (0..<8).flatMap { _ in [1, 0, -1, 1] } + (0..<8).flatMap { _ in [0, 0, 0, -1] }
        writer.tensors = [.init("a", [64], type: 42, TernaryLayout.q2x0of64.encoded([trits], scale: 0.5)), .init("b", [1, 2], [1, -2])]
        #expect(writer.bytes == bytes)
        let naive = NaiveGGUF(bytes)
        #expect(naive.keys == ["general.architecture"] && naive.texts["general.architecture"] == "bitnet")
        #expect(naive.tensors.map(\.name) == ["a", "b"] && naive.tensors.map(\.dimensions) == [[64], [2, 1]])
        let stored = Array(naive.tensors[0].rest)
        #expect((0..<64).map { TernaryLayout.q2x0of64.trit(stored, row: 0, column: $0, columns: 64) } == trits)
        #expect(fact { _ = try opened(bytes, in: Scratch()) }.hasSuffix("has no key 'bitnet.attention.head_count'"))
    }

    @Test func `every truncation is an error`() throws {
        let whole = Self.small.bytes, scratch = try Scratch()
        let cuts = Array(0..<Self.headerCount) + stride(from: Self.headerCount, to: whole.count - 32, by: 977)
        for count in cuts {
            let path = try scratch.write("x", Array(whole[..<count]))
            let isRead = (try? GGUFFormat.open(path, ThreadPool(threads: 1)))?.map { _ in true } ?? false
            #expect(!isRead, "cut at \(count)")
        }
    }

    @Test func `flipped bits of the header are an error or another header that holds together`() throws {
        let whole = Self.small.bytes, scratch = try Scratch()
        for at in 0..<Self.headerCount {
            for bit in [0, 3, 6, 7] {
                var bytes = whole
                bytes[at] ^= 1 << UInt8(bit)
                let path = try scratch.write("x", bytes)
                guard let model = try? GGUFFormat.open(path, ThreadPool(threads: 1)) else { continue }
                for index in model.tensors.entries.indices { _ = try? model.tensors.withBytes(index) { $0.count } }
            }
        }
    }

    @Test func `what cannot be is refused in a line`() throws {
        let cases: [(String, (inout GGUFWriter) -> Void)] = [
            ("is GGUF version 1, expected 2 or 3", { $0.version = 1 }),
            ("is big-endian, which is not supported", { $0.version = 3 << 24 }),
            ("key 'general.architecture' occurs twice", { $0.values.append(("general.architecture", .text("x"))) }),
            ("key 'general.architecture' does not hold a string", { $0.set("general.architecture", .uint32(1)) }),
            ("is unknown; known: bitnet, bitnet-25, bitnet-b1.58, llama, qwen2, qwen3", { $0.set("general.architecture", .text("mamba")) }),
            ("the alignment is 24, expected a power of two up to 1048576", { $0.set("general.alignment", .uint32(24)) }),
            ("key 'bitnet-b1.58.attention.head_count' is 0, expected a size", { $0.set("bitnet-b1.58.attention.head_count", .uint32(0)) }),
            ("experts are not supported", { $0.set("bitnet-b1.58.expert_count", .uint32(8)) }),
            ("rope scaling 'longrope' is not supported", { $0.set("bitnet-b1.58.rope.scaling.type", .text("longrope")) }),
            ("has no key 'bitnet-b1.58.rope.scaling.original_context_length'", { $0.set("bitnet-b1.58.rope.scaling.type", .text("yarn")) }),
            ("tensor 'output_norm.weight' occurs twice", { $0.tensors.append($0.tensors[$0.tensors.count - 1]) }),
            ("tensor 'x': has type 23, which is not supported", { $0.tensors.append(.init("x", [256], type: 23, [1])) }),
            ("tensor 'x': has 5 dimensions, more than 4", { $0.tensors.append(.init("x", [1, 1, 1, 1, 1], [1])) }),
            ("tensor 'x': has a dimension of 0, which cannot be", { $0.tensors.append(.init("x", [0], [])) }),
            ("tensor 'x': has a dimension of -1, which cannot be", { $0.tensors.append(.init("x", [-1], [])) }),
            ("tensor 'x': has a dimension of 4294967296, which cannot be", { $0.tensors.append(.init("x", [1 << 32, 1 << 32], [])) }),
            ("has shape [4611686018427387904], type 0 and 0 bytes: f32 cannot hold its shape", { $0.tensors.append(.init("x", [1 << 62], [])) }),
            ("a tensor's name has 64 bytes, more than 63", { $0.tensors.append(.init(String(repeating: "x", count: 64), [1], [1])) }),
            ("has type tl1, whose tiles only the machine that wrote it knows: convert the model to i2_s",
             { $0.tensors.append(.init("x", [16], type: 38, [UInt8](repeating: 0, count: 4))) }),
            ("holds no tensors", { $0.tensors = [] }),
        ]
        for (expected, change) in cases {
            let refusal = try refusal(change)
            #expect(refusal.hasSuffix(expected), "\(refusal)")
            #expect(refusal.hasPrefix("'/tmp/"), "\(refusal)")
        }
    }

    @Test func `counts and lengths beyond the file are refused before anything is allocated`() throws {
        for at in [8, 16, 24] {
            for value in [UInt64.max, 1 << 63, 1 << 40, UInt64(Self.small.bytes.count)] {
                var bytes = Self.small.bytes
                bytes.replaceSubrange(at..<at + 8, with: withUnsafeBytes(of: value) { Array($0) })
                #expect(fact { _ = try opened(bytes, in: Scratch()) }.contains("more than the file has room for"))
            }
        }
    }

    @Test func `other bytes than a type and a shape take are refused`() throws {
        let short = try refusal { $0.tensors[0].bytes.removeLast(32) }
        #expect(short.hasSuffix("tensor 'token_embd.weight': has shape [64, 64], type 0 and 16352 bytes: f32 takes 16384"), "\(short)")
        let long = try refusal { $0.tensors[$0.tensors.count - 1].bytes += [0] }
        #expect(long.hasSuffix("f32 takes 256"), "\(long)")
        let foreign = try refusal { writer in writer.tensors[2].type = 42; writer.tensors[2].bytes = [UInt8](repeating: 0, count: 64) }
        #expect(foreign.contains("q2_0-64 takes 18, q2_0-128 cannot hold its shape"), "\(foreign)")
    }

    @Test func `the parts of a model are read as one`() throws {
        let scratch = try Scratch(), sample = GGUFSample(.tq1x0)
        for part in 0..<2 {
            var writer = sample.writer
            writer.tensors = Array(part == 0 ? writer.tensors.prefix(9) : writer.tensors.dropFirst(9))
            if part == 1 { writer.values = [] }
            writer.set("split.no", .uint32(UInt32(part)))
            writer.set("split.count", .uint32(2))
            try scratch.write("m-0000\(part + 1)-of-00002.gguf", writer.bytes)
        }
        for part in 1...2 {
            let model = try #require(try GGUFFormat.open(scratch.file("m-0000\(part)-of-00002.gguf"), ThreadPool(threads: 1)))
            for (name, trits) in sample.trits {
                let isSame = try model.bytes(containerName(name)) == trits.flatMap { Trits.pack($0) }
                #expect(isSame, "\(name)")
            }
        }
        let alone = try scratch.write("alone.gguf", MappedFile.contents(scratch.file("m-00001-of-00002.gguf")))
        #expect(fact { _ = try GGUFFormat.open(alone, ThreadPool(threads: 1)) }
            == "'\(alone)': is one of 2 parts, but its name does not end in -00001-of-00002.gguf")
    }

    @Test func `what is no GGUF file is left to other formats`() throws {
        let scratch = try Scratch()
        for path in [try scratch.write("a", "GGU"), try scratch.write("b", "TERN...."), scratch.folder("c"), scratch.file("none"), "-"] {
            let model = try GGUFFormat.open(path, ThreadPool(threads: 1))
            #expect(model?.files.count == nil)
        }
    }
}
