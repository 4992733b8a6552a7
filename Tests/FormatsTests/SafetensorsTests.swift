import Basis
import Safetensors
import Tensors
import TestFiles
import Testing

/// A file from a header's text and what follows it.
func safetensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text + data
}

/// Writes tensors of these bytes with the library's writer.
func written(_ tensors: [(TensorEntry, [UInt8])], metadata: JSONObject = JSONObject()) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try SafetensorsWriter(SafetensorsHeader(entries: tensors.map(\.0), metadata: metadata), to: sink)
    for (_, bytes) in tensors { try writer.write(bytes) }
    try writer.finish()
    return sink.bytes
}

func sample() throws -> [(TensorEntry, [UInt8])] {
    var random = Sequence64(7)
    let shapes: [(ElementType, [Int])] = [
        (.uint8, [3]), (.float32, []), (.bfloat16, [2, 5]), (.int64, [0, 4]), (.float16, [1]), (.int8, [7]), (.int32, [2, 2]),
        (.uint8, [0]),
    ]
    return try shapes.enumerated().map { index, shape in
        let entry = try TensorEntry(name: "tensor \(index) \"ü\"\n", element: shape.0, shape: shape.1)
        return (entry, (0..<entry.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}

@Suite struct SafetensorsTests {
    @Test func `what the writer writes, every reader reads the same`() throws {
        let tensors = try sample()
        let file = try written(tensors, metadata: ["format": "pt", "a": "ü"])
        #expect((8 + Int(file[0]) + Int(file[1]) * 256) % 8 == 0)
        let naive = try #require(try NaiveSafetensors(file))
        #expect(naive.metadata == ["format": "pt", "a": "ü"])
        #expect(naive.tensors.map(\.bytes) == tensors.map(\.1))
        let scratch = try Scratch()
        let name = try scratch.write("x", file)
        let mapped = try SafetensorsFile(MappedFile(name))
        let positioned = try SafetensorsFile(Descriptor(reading: name))
        let stream = try SafetensorsStream(DripReader(file))
        for source in [mapped, positioned, stream] as [any TensorSource] {
            #expect(source.entries == tensors.map(\.0))
            #expect(try source.contents() == tensors.map(\.1))
        }
        try stream.finish()
        for index in tensors.indices {
            #expect(try mapped.withBytes(index) { Array($0) } == tensors[index].1)
            #expect(positioned.mapped(index) == nil)
        }
        #expect(try mapped.headerBytes() == stream.headerBytes)
        #expect(try positioned.headerBytes() == stream.headerBytes)
    }

    @Test func `mapped bytes are aligned to their element`() throws {
        let scratch = try Scratch()
        let entries = [try TensorEntry(name: "a", element: .uint8, shape: [3]), try TensorEntry(name: "b", element: .float32, shape: [1])]
        let name = try scratch.write("x", written([(entries[0], [1, 2, 3]), (entries[1], [4, 5, 6, 7])]))
        let source = try SafetensorsFile(MappedFile(name))
        #expect(source.mapped(0) != nil)
        #expect(source.mapped(1) == nil)
        #expect(try source.withBytes(1) { Array($0) } == [4, 5, 6, 7])
    }

    @Test func `a stream is read forwards only`() throws {
        let tensors = try sample()
        let stream = try SafetensorsStream(DripReader(try written(tensors)))
        var bytes = [UInt8](repeating: 0, count: tensors[5].1.count)
        try bytes.withUnsafeMutableBytes { try stream.read(5, into: $0) }
        #expect(bytes == tensors[5].1)
        #expect(fact { _ = try stream.contents() }.hasSuffix("has gone by already"))
    }

    @Test func `a stream that claims more than memory is refused`() throws {
        for size in [1 << 40, 1 << 62] {
            let file = safetensors(#"{"a":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]}}"#)
            let stream = try SafetensorsStream(DripReader(file))
            let told = fact { try stream.withBytes(0) { _ in } }
            #expect(told.contains("no memory for") || told.contains("is cut short"), "\(told)")
        }
    }

    @Test func `the writer takes neither fewer nor more bytes`() throws {
        let entry = try TensorEntry(name: "x", element: .uint8, shape: [3])
        let header = try SafetensorsHeader(entries: [entry])
        let short = try SafetensorsWriter(header, to: MemorySink())
        try short.write([1, 2])
        #expect(fact { try short.finish() } == "tensor 'x' lacks 1 of its 3 bytes")
        #expect(fact { try short.write([1, 2]) } == "tensor 'x' takes 3 bytes, 1 too many were given")
        try short.write([3])
        #expect(fact { try short.write([4]) } == "1 bytes after the last tensor")
        #expect(fact { _ = try SafetensorsHeader(entries: [entry, entry]) } == "tensor 'x' occurs twice")
    }

    static let hostile: [(String, [UInt8], String)] = [
        ("an empty file", [], "0 bytes are too few"),
        ("seven bytes", [1, 0, 0, 0, 0, 0, 0], "7 bytes are too few"),
        ("a huge length", safetensors("{}", length: 1 << 63), "more than 100000000"),
        ("a length beyond the file", safetensors("{}", length: 3), "but the file has 10"),
        ("no object", safetensors("[1]"), "does not begin with '{'"),
        ("a leading space", safetensors(" {}"), "does not begin with '{'"),
        ("broken JSON", safetensors("{\"a\""), "bad JSON at byte 4"),
        ("text after the object", safetensors("{} x"), "text after the JSON value"),
        ("a nesting bomb", safetensors("{\"a\":" + String(repeating: "[", count: 100_000)), "nested more than 3 deep"),
        (
            "a duplicate tensor",
            safetensors(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#),
            "occurs twice"
        ),
        (
            "a duplicate field",
            safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#),
            "key 'dtype' occurs twice"
        ),
        ("an unknown field", safetensors(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"b":1}}"#), "unknown field 'b'"),
        ("no dtype", safetensors(#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#), "has no dtype"),
        ("no shape", safetensors(#"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#), "has no shape"),
        ("no offsets", safetensors(#"{"a":{"dtype":"U8","shape":[0]}}"#), "has no pair of data_offsets"),
        ("three offsets", safetensors(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#), "has no pair of data_offsets"),
        (
            "a float64",
            safetensors(#"{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}"#),
            "tensor 'a' has element type 'F64', which is not supported"
        ),
        ("a number for a tensor", safetensors(#"{"a":1}"#), "is not described by an object"),
        ("metadata that is no string", safetensors(#"{"__metadata__":{"a":1}}"#), "metadata 'a' is not a string"),
        ("metadata that is no object", safetensors(#"{"__metadata__":"a"}"#), "is not an object"),
        ("a negative dimension", safetensors(#"{"a":{"dtype":"U8","shape":[-1,-1],"data_offsets":[0,1]}}"#, [1]), "impossible shape"),
        ("a fraction for a dimension", safetensors(#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, [1]), "has no shape"),
        (
            "a shape that overflows",
            safetensors(#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#),
            "impossible shape"
        ),
        (
            "offsets that run backwards",
            safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, [1]),
            "its offsets are 1 and 0"
        ),
        (
            "offsets that overflow",
            safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-9223372036854775808,9223372036854775807]}}"#),
            "its offsets are"
        ),
        ("a size that is not the shape's", safetensors(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#, [1]), "takes 2 bytes"),
        ("a hole", safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, [1, 2]), "bytes 0 to 1 belong to no tensor"),
        (
            "an overlap",
            safetensors(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                [1, 2, 3]),
            "'b' overlaps"
        ),
        (
            "bytes after the last tensor",
            safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [1, 2]),
            "1 bytes after the last tensor"
        ),
        (
            "a tensor beyond the file",
            safetensors(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, [1, 2]),
            "but 2 follow the header"
        ),
    ]

    @Test(arguments: hostile.indices) func `a bad file is refused with its reason`(index: Int) throws {
        let (what, file, reason) = Self.hostile[index]
        let scratch = try Scratch()
        let path = try scratch.write("x", file)
        for told in [fact { _ = try SafetensorsFile(MappedFile(path)) }, fact { _ = try SafetensorsFile(Descriptor(reading: path)) }] {
            #expect(told.hasPrefix("'\(path)': ") && told.contains(reason), "\(what): \(told)")
        }
        let told = fact {
            let stream = try SafetensorsStream(DripReader(file))
            _ = try stream.contents()
            try stream.finish()
        }
        #expect(told != "no failure", "\(what)")
    }

    @Test func `every truncation is an error`() throws {
        let file = try written(sample())
        let scratch = try Scratch()
        for count in 0..<file.count {
            let path = try scratch.write("x", Array(file[..<count]))
            #expect(throws: Failure.self) { try SafetensorsFile(MappedFile(path)) }
            #expect(throws: Failure.self) { _ = try SafetensorsStream(DripReader(Array(file[..<count]))).contents() }
        }
    }
}
