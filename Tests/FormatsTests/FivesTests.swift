import Basis
import Glibc
import Tensors
import Tern
import TestFiles
import Testing

/// What packing makes of a container and unpacking of that.
@Suite struct FivesTests {
    private static func packing(_ raw: [UInt8], threads: Int = 1, level: Int = 1) throws -> [UInt8] {
        let sink = MemorySink()
        try Packing.pack(DripReader(raw, most: raw.count > 1 << 16 ? 1 << 16 : 7), to: sink, level: level, ThreadPool(threads: threads))
        return sink.bytes
    }

    private static func unpacking(_ bytes: [UInt8]) throws -> [UInt8] {
        let sink = MemorySink()
        try Packing.unpack(DripReader(bytes, most: bytes.count > 1 << 16 ? 1 << 16 : 7), to: sink)
        return sink.bytes
    }

    /// A matrix of three rows.
    private static func model(columns: Int) -> TinyModel {
        var random = Sequence64(UInt64(columns) + 17)
        var model = TinyModel()
        model.manifest.tensors[0].shape = [3, columns]
        model.stored[0] = (0..<3).flatMap { _ in
            Trits.pack((0..<columns).map { _ in Int8.random(in: -1...1, using: &random) })
        }
        return model
    }

    @Test(arguments: Array(1...11) + [319, 320, 321, 1000])
    func `packing writes fives, and unpacking what there was`(columns: Int) throws {
        let model = Self.model(columns: columns), raw = try model.raw()
        let packedBytes = try Self.packing(raw)
        #expect(try packedBytes == packed(model.inFives().raw()))
        #expect(try Self.unpacking(packedBytes) == raw)
        let scratch = try Scratch()
        let container = try TernContainer(scratch.write("x", packedBytes))
        #expect(container.manifest.tensors[0].encoding == .fives)
        #expect(try container.tensors.contents() == model.stored)
        #expect(try container.rawRoot == model.root() && container.root != model.root())
    }

    @Test func `a raw container with fives is read, unpacked and packed as it is`() throws {
        let model = TinyModel(), fives = try model.inFives().raw()
        #expect(try Self.unpacking(fives) == model.raw())
        #expect(try Self.packing(fives) == packed(fives))
    }

    @Test func `what was packed before there were fives is unpacked as it was`() throws {
        let raw = try TinyModel().raw()
        #expect(try Self.unpacking(packed(raw)) == raw)
    }

    @Test func `a header that another program laid out is packed as it is`() throws {
        let model = TinyModel()
        var raw = try model.raw()
        // A space more, after which header and root have other digests.
        let count = 8 + Int(raw[0]) + Int(raw[1]) << 8
        raw.replaceSubrange(8..<9, with: [UInt8]("{ ".utf8))
        raw[0] += 1
        let table = raw.count - 7 * Digest.size
        raw.replaceSubrange(table..<table + Digest.size, with: try SHA256.digest(of: Array(raw[...count])).bytes)
        let root = try SHA256.digest(of: Array(raw[table..<raw.count - Digest.size]))
        raw.replaceSubrange(raw.count - Digest.size..<raw.count, with: root.bytes)
        let packedBytes = try Self.packing(raw)
        #expect(try packedBytes == packed(raw) && Self.unpacking(packedBytes) == raw)
        #expect(try TernContainer(Scratch().write("x", packedBytes)).manifest.tensors == model.manifest.tensors)
    }

    @Test func `large tensors are packed the same by any number of threads, and given out in whole rows`() throws {
        let model = try largeModel(), raw = try model.raw()
        let one = try Self.packing(raw)
        #expect(try Self.packing(raw, threads: 3) == one && Self.unpacking(one) == raw)
        let scratch = try Scratch()
        for (name, bytes) in [("packed", one), ("old", try packed(raw)), ("fives", try model.inFives().raw()), ("raw", raw)] {
            let tensors = try TernContainer(scratch.write(name, bytes)).tensors
            for (index, rows) in [(0, 128), (2, 128), (6, 128), (6, 1), (8, 5000), (10, 3)] {
                var sizes: [Int] = [], contents: [UInt8] = []
                try tensors.readRows(index, multiplesOf: rows) {
                    sizes.append($0.count)
                    contents += $0
                }
                #expect(contents == model.stored[index])
                #expect(sizes.dropLast().allSatisfy { $0 % (rows * 4096) == 0 } && (sizes.last ?? 0) % 4096 == 0)
            }
        }
    }

    /// Containers whose digests are right, but not what they are the digests of.
    static let unsound: [(String, @Sendable (inout TinyModel) throws -> Void, String)] = [
        ("a byte above 242", { $0.stored[0][1] = 243 }, "tensor 'w': a byte is 243, which stands for no five trits"),
        ("filling of another code", { $0.stored[0][1] = 242 }, "tensor 'w': a row of trits is not filled up with code 1"),
        ("filling at the end", { $0.stored[0][3] -= 81 }, "tensor 'w': a row of trits is not filled up with code 1"),
    ]

    @Test(arguments: unsound.indices) func `fives that stand for nothing are refused by every reader`(number: Int) throws {
        let (what, change, reason) = Self.unsound[number]
        var model = try Self.model(columns: 8).inFives()
        try change(&model)
        let raw = try model.raw(), scratch = try Scratch()
        for bytes in [raw, try packed(raw)] {
            let path = try scratch.write("x", bytes)
            #expect(fact { _ = try Reading(TernContainer(path)) }.contains(reason), "\(what)")
            #expect(reason.hasSuffix(fact { try TernContainer(path).tensors.readRows(0, multiplesOf: 1) { _ in } }), "\(what)")
            #expect(fact { _ = try TernStream(DripReader(bytes)).contents() }.contains(reason), "\(what)")
            #expect(fact { _ = try Self.unpacking(bytes) }.contains(reason), "\(what)")
            let problems = TernContainer.verify(path, ThreadPool(threads: 2))
            #expect(problems.count == 1 && problems[0].tensor == "w" && problems[0].description.contains(reason), "\(what)")
        }
        #expect(fact { _ = try Self.packing(raw) }.contains(reason), "\(what)")
    }

    @Test func `damage is called so, whatever the rows look like`() throws {
        var bytes = try Self.model(columns: 8).inFives().raw()
        let fives = bytes.count - 7 * Digest.size - Digest.size - 12 - 6
        bytes[fives] = 255
        let tensors = try TernContainer(Scratch().write("x", bytes)).tensors
        #expect(fact { try tensors.readRows(0, multiplesOf: 1) { _ in } }.contains("tensor 'w' is damaged"))
    }

    @Test func `a false root of the raw form is told by those who make the raw form`() throws {
        var model = try TinyModel().inFives()
        model.rawRoot = try SHA256.digest(of: [1])
        let raw = try model.raw(), scratch = try Scratch(), reason = "the root of the raw form is not the one recorded"
        #expect(fact { _ = try Self.unpacking(raw) } == reason)
        let problems = TernContainer.verify(try scratch.write("x", packed(raw)), ThreadPool(threads: 2))
        #expect(problems.count == 1 && problems[0].tensor == nil && problems[0].description.contains(reason))
    }

    @Test func `the root of the raw form goes with fives`() throws {
        for rawRoot in [nil, try SHA256.digest(of: [])] {
            var model = try rawRoot == nil ? TinyModel().inFives() : TinyModel()
            model.rawRoot = rawRoot
            #expect(fact { _ = try model.raw() } == "a container has the root of its raw form if it has fives")
        }
    }

    /// Of 24 draws so many are 0 and so many each of the others; 8 are uniform.
    @Test(arguments: [(8, 1.601), (9, 1.601), (10, 1.02), (12, 1.02), (14, 1.02), (16, 1.02), (18, 1.02)])
    func `bytes are close to the trits' entropy`(zeros: Int, limit: Double) throws {
        var random = Sequence64(UInt64(zeros)), model = TinyModel()
        model.manifest.tensors = [Manifest.Tensor(name: "w", encoding: .trits, shape: [2000, 4000])]
        let each = (24 - zeros) / 2
        let codes = (0..<2_000_000).map { _ in
            (0..<4).reduce(UInt8(0)) { byte, at in
                let draw = Int.random(in: 0..<2 * each + zeros, using: &random)
                return byte | UInt8(draw < each ? 0 : draw < each + zeros ? 1 : 2) << UInt8(2 * at)
            }
        }
        model.stored = [codes, [0, 0, 0, 63]]
        let bits = Double(try Self.packing(model.raw()).count) * 8 / 8_000_000
        let entropy = TritCounts(minus: each, zero: zeros, plus: each).entropy
        #expect(zeros < 10 ? bits < limit : bits < limit * entropy, "\(bits) bits for \(entropy)")
    }
}
