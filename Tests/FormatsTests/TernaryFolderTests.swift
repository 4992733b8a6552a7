import Basis
import HuggingFace
import Models
import Tensors
import TestFiles
import Testing

private func entry(_ name: String, _ element: ElementType, _ shape: [Int]) throws -> TensorEntry {
    try TensorEntry(name: name, element: element, shape: shape)
}

private func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

/// A scale whose inverse is no bfloat16.
private let scale: (bfloat16: UInt16, value: Float) = (0x3E9A, 0.30078125)

private func stored(_ trit: Int8, _ element: ElementType) -> [UInt8] {
    switch element {
    case .float32: bytes([Float(trit)])
    case .float16: bytes([[0xBC00, 0x8000, 0x3C00][Int(trit) + 1] as UInt16])
    default: bytes([[0xBF80, 0x0000, 0x3F80][Int(trit) + 1] as UInt16])
    }
}

/// A folder that transformers' `bitnet` could have written, opened as the programs do.
private struct Folder {
    let scratch: Scratch
    let path: String
    static let offline = #"{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"}"#
    static let plain = #"{"quant_method": "bitnet"}"#

    init(_ tensors: [(TensorEntry, [UInt8])], quantisation: String = Folder.plain) throws {
        try self.init(file: written(tensors), quantisation: quantisation)
    }

    init(file: [UInt8], quantisation: String = Folder.plain) throws {
        scratch = try Scratch()
        path = scratch.folder("model")
        try scratch.write("model/config.json", "{\"quantization_config\": \(quantisation)}")
        try scratch.write("model/model.safetensors", file)
    }

    func open(threads: Int = 1) throws -> any TensorSource {
        let checkpoint = try HuggingFaceFormat.open(path, ThreadPool(threads: threads))
        return try #require(checkpoint).tensors
    }
}

/// Matrices that are ternary already become what containers hold.
@Suite struct TernaryFolderTests {
    private static func trits(_ rows: Int, _ columns: Int) -> [[Int8]] {
        var random = Sequence64(UInt64(rows * 1000 + columns))
        return (0..<rows).map { _ in (0..<columns).map { _ in Int8.random(in: -1...1, using: &random) } }
    }

    /// P[r, c] = Σ (t[i·R + r, c] + 1) << 2i.
    private static func packed(_ trits: [[Int8]]) -> [UInt8] {
        let quarter = trits.count / 4
        var bytes: [UInt8] = []
        for row in 0..<quarter {
            for column in trits[row].indices {
                let codes = (0..<4).map { UInt8(trits[$0 * quarter + row][column] + 1) }
                bytes.append(codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6)
            }
        }
        return bytes
    }

    @Test(arguments: [(4, 1), (8, 3), (12, 7), (4, 8), (36, 9), (64, 64), (200, 67), (16, 700)])
    func `packed matrices come out as codes with their scale`(_ rows: Int, _ columns: Int) throws {
        let trits = Self.trits(rows, columns)
        let folder = try Folder([
            (entry("norm", .bfloat16, [2]), [1, 2, 3, 4]), (entry("a.weight_scale", .bfloat16, [1]), bytes([scale.bfloat16])),
            (entry("a.weight", .uint8, [rows / 4, columns]), Self.packed(trits)),
        ])
        for threads in [1, 2] {
            let tensors = try folder.open(threads: threads)
            #expect(try tensors.entries == [
                entry("norm", .bfloat16, [2]), entry("a.weight", .uint8, [rows, (columns + 3) / 4]), entry("a.weight.scale", .float32, [1]),
            ])
            #expect(try tensors.contents() == [[1, 2, 3, 4], trits.flatMap { Trits.pack($0) }, bytes([1 / scale.value])])
        }
    }

    @Test(arguments: [ElementType.float32, .float16, .bfloat16])
    func `so do matrices of floats that are trits`(_ element: ElementType) throws {
        let trits = Self.trits(3, 11)
        let values = trits.flatMap { $0.flatMap { stored($0, element) } }
        let folder = try Folder(
            [(entry("a.weight", element, [3, 11]), values), (entry("a.weight_scale", .float32, []), bytes([scale.value]))],
            quantisation: Folder.offline)
        #expect(try folder.open().contents() == [trits.flatMap { Trits.pack($0) }, bytes([scale.value])])
    }

    @Test func `the class of the layer says what the scale means, and whether it scales the bias`() throws {
        let tensors = [
            (try entry("a.bias", .bfloat16, [1]), bytes([0x4000 as UInt16])),
            (try entry("b.bias", .bfloat16, [1]), bytes([0x4000 as UInt16])),
            (try entry("a.weight_scale", .float32, [1]), bytes([4 as Float])), (try entry("a.weight", .uint8, [1, 1]), [0x55 as UInt8]),
        ]
        let codes = [UInt8](repeating: 0b01_01_01_01, count: 4)
        let divides = try Folder(tensors).open(), multiplies = try Folder(tensors, quantisation: Folder.offline).open()
        #expect(try divides.contents() == [bytes([0x4000 as UInt16]), bytes([0x4000 as UInt16]), codes, bytes([0.25 as Float])])
        #expect(try multiplies.contents() == [bytes([8 as Float]), bytes([0x4000 as UInt16]), codes, bytes([4 as Float])])
        #expect(multiplies.entries.map(\.element) == [.float32, .bfloat16, .uint8, .float32])
    }

    @Test func `a folder that quantises as it runs, or not at all, is left as it is`() throws {
        let tensors = [(try entry("a.weight", .bfloat16, [1, 2]), [1, 2, 3, 4] as [UInt8])]
        let online = #"{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}"#
        for quantisation in [online, #"{"quant_method": "gptq"}"#, "null", Folder.plain, Folder.offline] {
            #expect(try Folder(tensors, quantisation: quantisation).open().contents() == [[1, 2, 3, 4]])
        }
    }

    @Test func `shards are hashed in passing, scales wherever they are`() throws {
        let scales = try ["a", "b"].map { (try entry($0 + ".weight_scale", .float32, [1]), bytes([4 as Float])) }
        let matrices = try ["a", "b"].map { (try entry($0 + ".weight", .uint8, [1, 1]), [0x55 as UInt8]) }
        for tensors in [scales + matrices, matrices + scales, [matrices[0], scales[1], matrices[1], scales[0]]] {
            let file = try written(tensors), folder = try Folder(file: file)
            let source = try #require(try folder.open() as? any TensorSource & HashedInputs)
            try source.startHashing()
            _ = try source.contents()
            #expect(try source.digests() == [SHA256.digest(of: file)])
            #expect(source.inputs.map(\.byteCount) == [file.count])
        }
    }

    private static let good: [(TensorEntry, [UInt8])] = {
        do {
            return [
                (try entry("a.weight_scale", .float32, [1]), bytes([4 as Float])), (try entry("a.weight", .uint8, [1, 2]), [0x55, 0x55]),
            ]
        } catch { return [] }
    }()

    @Test(arguments: [
        (#"{"quant_method": "bitnet", "linear_class": "linear"}"#, "'quantization_config.linear_class': \"linear\", expected"),
        (#"{"quant_method": "bitnet", "quantization_mode": 1}"#, "'quantization_config.quantization_mode': 1, expected a string"),
        ("[]", "'quantization_config': [], expected an object"),
    ])
    func `an unknown way to quantise is refused`(_ quantisation: String, _ reason: String) throws {
        let folder = try Folder(Self.good, quantisation: quantisation)
        let told = fact { _ = try folder.open() }
        #expect(told.contains(reason) && told.hasPrefix("'\(folder.path)': "), "\(told)")
    }

    @Test func `tensors that do not fit each other are refused`() throws {
        let scale = Self.good[0], matrix = Self.good[1], number = try entry("a.weight_scale", .float32, [1])
        let cases: [([(TensorEntry, [UInt8])], String)] = [
            ([matrix], "tensor 'a.weight' is packed and has no 'a.weight_scale'"),
            ([scale], "tensor 'a.weight_scale' is there without 'a.weight'"),
            ([(number, bytes([0 as Float])), matrix], "tensor 'a.weight_scale': is 0.0, expected a positive number"),
            ([(number, bytes([-1 as Float])), matrix], "is -1.0"),
            ([(number, bytes([Float.nan])), matrix], "is nan"),
            ([(number, bytes([Float.infinity])), matrix], "is inf"),
            ([(try entry("a.weight_scale", .uint8, [1]), [1]), matrix], "has 1 elements of type U8, expected one float"),
            ([(try entry("a.weight_scale", .float32, [2]), bytes([1, 1] as [Float])), matrix], "has 2 elements"),
            ([scale, (try entry("a.weight", .uint8, [2]), [0x55, 0x55])], "has shape [2], expected a matrix"),
            ([scale, (try entry("a.weight", .uint8, [0, 4]), [])], "has shape [0, 4]"),
            ([scale, (try entry("a.weight", .int8, [1, 2]), [0, 1])], "has elements of type I8, expected trits"),
            ([scale, matrix, (try entry("a.weight.scale", .float32, [1]), bytes([4 as Float]))], "tensor 'a.weight' has two scales"),
            ([scale, (matrix.0, [0x55, 0x75])], "tensor 'a.weight': a trit has code 3, row 2, column 1"),
            ([scale, (try entry("a.weight", .float32, [1, 2]), bytes([1, 0.5] as [Float]))], "holds 0.5 at row 0, column 1"),
            ([scale, (try entry("a.weight", .float32, [1, 2]), bytes([1, Float.nan]))], "tensor 'a.weight': holds a NaN"),
            ([scale, matrix, (try entry("a.bias", .uint8, [1]), [1])], "tensor 'a.bias' has elements of type U8, expected floats"),
        ]
        for (tensors, reason) in cases {
            let told = try Self.told(tensors)
            #expect(told.contains(reason), "\(told), expected '\(reason)'")
        }
    }

    private static func told(_ tensors: [(TensorEntry, [UInt8])]) throws -> String {
        let folder = try Folder(tensors, quantisation: Folder.offline)
        return fact { _ = try folder.open().contents() }
    }

    @Test func `damage is refused or gives codes that are trits`() throws {
        let whole = try written(Self.good)
        var damaged = (0..<whole.count).map { Array(whole[..<$0]) }
        for at in whole.indices {
            for bit in 0..<8 {
                damaged.append(whole)
                damaged[damaged.count - 1][at] ^= 1 << UInt8(bit)
            }
        }
        var taken = 0
        for file in damaged {
            guard let source = try? Folder(file: file).open(), let contents = try? source.contents() else { continue }
            taken += 1
            for (entry, content) in zip(source.entries, contents) where entry.name == "a.weight" && entry.element == .uint8 {
                #expect(content.allSatisfy { $0 & $0 >> 1 & 0x55 == 0 })
            }
        }
        #expect(taken > 0 && taken < damaged.count / 2)
    }
}
