import Basis
import Safetensors
import Tensors
import Tern
import TestFiles
import Testing

/// Every damage to a container is an error or changes nothing that it says.
@Suite struct DamageTests {
    private static func outcome(_ bytes: [UInt8], _ scratch: Scratch) throws -> Reading? {
        do { return try Reading(TernContainer(scratch.write("x", bytes))) } catch is Failure { return nil }
    }

    private static func streamed(_ bytes: [UInt8]) throws -> [[UInt8]]? {
        do {
            let stream = try TernStream(DripReader(bytes))
            let contents = stream.files.map(\.bytes) + (try stream.contents())
            try stream.finish()
            return contents
        } catch is Failure { return nil }
    }

    /// Raw and packed, with two-bit codes and with fives.
    private static func forms() throws -> [[UInt8]] {
        let raws = [try TinyModel().raw(), try TinyModel().inFives().raw()]
        return try raws + raws.map { try packed($0) }
    }

    @Test func `every truncation is an error, except that a seek table may be missing as a whole`() throws {
        let scratch = try Scratch()
        let forms = try Self.forms(), packed = forms[3]
        for (form, whole) in forms.enumerated() {
            let table = form < 2 ? nil : NaiveSeekTable(whole).frames.map(\.packed).reduce(0, +)
            for count in 0..<whole.count where count != table {
                let cut = Array(whole[..<count])
                #expect(try Self.outcome(cut, scratch) == nil, "cut at \(count)")
                #expect(try Self.streamed(cut) == nil, "stream cut at \(count)")
            }
        }
        let frames = NaiveSeekTable(packed).frames.map(\.packed).reduce(0, +)
        #expect(try Self.outcome(Array(packed[..<frames]), scratch) == Self.outcome(packed, scratch))
    }

    @Test func `a byte more is an error`() throws {
        let scratch = try Scratch()
        for whole in try Self.forms() {
            #expect(try Self.outcome(whole + [0], scratch) == nil)
            #expect(try Self.streamed(whole + [0]) == nil)
        }
    }

    @Test(arguments: 0..<4) func `flipped bits of every byte are an error or change nothing`(form: Int) throws {
        let scratch = try Scratch()
        let model = TinyModel()
        let whole = try Self.forms()[form]
        let expected = try Self.outcome(whole, scratch)
        for at in whole.indices {
            for bit in [0, 3, 6, 7] {
                var bytes = whole
                bytes[at] ^= 1 << UInt8(bit)
                if let reading = try Self.outcome(bytes, scratch) { #expect(reading == expected, "byte \(at), bit \(bit)") }
                if bit == 6, let contents = try Self.streamed(bytes) {
                    #expect(contents == model.files.map(\.bytes) + model.stored, "stream, byte \(at), bit \(bit)")
                }
            }
        }
    }

    @Test func `a flipped byte is found, and the tensor it lies in is named`() throws {
        let raw = try TinyModel().raw()
        let scratch = try Scratch()
        let pool = ThreadPool(threads: 2)
        let naive = try #require(try NaiveSafetensors(raw))
        var at = raw.count
        for tensor in naive.tensors.reversed() {
            at -= tensor.bytes.count
            for offset in tensor.bytes.indices {
                var bytes = raw
                bytes[at + offset] ^= 0x10
                let problems = TernContainer.verify(try scratch.write("x", bytes), pool)
                #expect(problems.count == 1 && problems[0].description.contains("tensor '\(tensor.name)' is damaged"), "\(problems)")
            }
        }
        for offset in 0..<at {
            var bytes = raw
            bytes[offset] ^= 0x01
            #expect(!TernContainer.verify(try scratch.write("x", bytes), pool).isEmpty)
        }
    }

    @Test func `a frame that does not decompress is told by the tensor that is damaged`() throws {
        let model = try largeModel()
        var bytes = try packed(model.raw())
        let frames = NaiveSeekTable(bytes).frames
        // The third frame: the header's, the small file's with t0 and t1's scale's neighbours, then t2 and on.
        let start = frames[..<2].map(\.packed).reduce(0, +)
        bytes[start + frames[2].packed / 2] ^= 0x40
        let scratch = try Scratch()
        let path = try scratch.write("x", bytes)
        let problems = TernContainer.verify(path, ThreadPool(threads: 2))
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.description.contains("is damaged") && $0.tensor != nil })
    }

    static let hostile: [(String, @Sendable (TinyModel) throws -> [UInt8], String)] = [
        ("plain safetensors", { _ in try written(sample()) }, "not a tern container"),
        ("text", { _ in Array("hello, world".utf8) }, "neither a tern container nor a manifest"),
        ("nothing", { _ in [] }, "neither a tern container nor a manifest"),
        ("a manifest without parts", { _ in manifestText() }, "is a manifest without parts"),
        ("a manifest of tomorrow", { _ in manifestText(version: 2) }, "has version 2, this program knows 1"),
        ("a code of 3", { model in
            var model = model
            model.stored[0][1] |= 3
            return try model.raw()
        }, "tensor 'w': a trit has code 3, row 0, column 4"),
        ("padding that is no 1", { model in
            var model = model
            model.stored[0][1] ^= 0b0101_0000
            return try model.raw()
        }, "tensor 'w': row 0 of trits is not filled up with code 1"),
        ("a history row out of range", { model in
            var model = model
            model.manifest.history[0].inputs[0].digest = .row(1)
            model.inputs = []
            return try model.raw()
        }, "the history refers to row 1"),
        ("a small file with a path", { model in
            var model = model
            model.files.append(SmallFile(name: "../x", bytes: []))
            return try model.raw()
        }, "tensor 'file/../x' is not a small file"),
        ("a tensor twice", { model in
            var model = model
            model.manifest.tensors.append(model.manifest.tensors[0])
            return try model.raw()
        }, "tensor 'w' occurs twice"),
        (
            "a terabyte frame",
            { model in frame(claiming: 1 << 40) + SeekTable.bytes([(13, 1 << 30)]) },
            "claims 1073741824 bytes of content"
        ),
        ("a terabyte frame without a table", { _ in frame(claiming: 1 << 40) }, "does not decompress"),
        ("a frame that is not what the table says", { _ in frame(claiming: 100) + SeekTable.bytes([(13, 99)]) }, "the seek table 99"),
        ("a table of too many frames", { _ in
            var table = SeekTable.bytes([])
            table[8] = 255
            return frame(claiming: 1) + table
        }, "says that it has 255 frames"),
        ("a table with a frame beyond the file", { _ in frame(claiming: 1) + SeekTable.bytes([(99, 1)]) }, "ends beyond the file"),
        ("a table with a gap", { _ in frame(claiming: 1) + [0] + SeekTable.bytes([(13, 1)]) }, "end at byte 13, not at 14"),
        ("a table of frames that are none", { _ in frame(claiming: 1) + SeekTable.bytes([(3, 1), (10, 1)]) }, "frame 0"),
        ("a table with reserved bits", { _ in
            var table = SeekTable.bytes([(13, 1)])
            table[table.count - 5] = 4
            return frame(claiming: 1) + table
        }, "uses reserved bits"),
    ]

    /// The header of a frame in one segment that claims so much content, and an empty last block.
    private static func frame(claiming size: UInt64) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + withUnsafeBytes(of: size.littleEndian) { Array($0) } + []
    }

    private static func manifestText(version: Int = 1) -> [UInt8] {
        Array(" {\"format\": \"tern\", \"version\": \(version), \"name\": \"n\", \"family\": \"f\"}".utf8)
    }

    private enum SeekTable {
        static func bytes(_ frames: [(Int, Int)]) -> [UInt8] {
            func word(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(value).littleEndian) { Array($0) } }
            let entries = frames.flatMap { word($0.0) + word($0.1) }
            return word(0x184D_2A5E) + word(entries.count + 9) + entries + word(frames.count) + [0] + word(0x8F92_EAB1)
        }
    }

    @Test(arguments: hostile.indices) func `a bad container is refused with its reason`(number: Int) throws {
        let (what, make, reason) = Self.hostile[number]
        let scratch = try Scratch()
        let told = fact { _ = try Reading(TernContainer(scratch.write("x", make(TinyModel())))) }
        #expect(told.contains(reason), "\(what): \(told)")
        #expect(!told.contains("\n"))
    }

    @Test func `a bomb is refused while it unpacks`() throws {
        let scratch = try Scratch()
        // 2 GiB of zeros claimed by a header, packed a thousand times over.
        let claim = 2 << 30
        let header = safetensors(#"{"a":{"dtype":"U8","shape":[\#(claim)],"data_offsets":[0,\#(claim)]}}"#)
        let pool = ThreadPool(threads: 2)
        let sink = MemorySink()
        let writer = try PackedWriter(sink, pool: pool)
        try writer.write(header)
        let zeros = [UInt8](repeating: 0, count: 16 << 20)
        for _ in 0..<claim / zeros.count { try writer.write(zeros) }
        #expect(fact { try writer.close() }.contains("packs to less than 1/1000"))
        let told = fact { _ = try TernContainer(scratch.write("x", sink.bytes)) }
        #expect(told.contains("unpacks to more than 1000 times its size"), "\(told)")
    }
}
