import Basis
import GGUF
import Models
import Support
import Tensors
import TestFiles
import Testing

/// Opens a file made of these bytes.
func opened(_ bytes: [UInt8], layout: String? = nil, in scratch: Scratch) throws -> Checkpoint {
    let path = try scratch.write("model.gguf", bytes)
    return try #require(try GGUFFormat.open(path, layout: layout, ThreadPool(threads: 1)))
}

extension Checkpoint {
    /// The bytes of a tensor.
    func bytes(_ name: String) throws -> [UInt8] {
        let index = try #require(tensors.index(of: name), "no tensor '\(name)'")
        var bytes = [UInt8](repeating: 0xAA, count: tensors.entries[index].byteCount)
        try bytes.withUnsafeMutableBytes { try tensors.read(index, into: $0) }
        return bytes
    }

    func floats(_ name: String) throws -> [Float] {
        try bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}

/// What becomes of the name of a matrix.
func containerName(_ name: String) -> String {
    let words = name.split(separator: ".")
    let names = [
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    ]
    return "model.layers.\(words[1]).\(names[String(words[2])] ?? "").weight"
}

@Suite struct GGUFTests {
    @Test(arguments: TernaryLayout.allCases, ["bitnet-b1.58", "llama"])
    func `trits come out of every layout as they went in`(_ layout: TernaryLayout, _ architecture: String) throws {
        let sample = GGUFSample(layout, architecture: architecture)
        let name = layout.number == 36 ? layout.rawValue : nil
        let model = try opened(sample.writer.bytes, layout: name, in: Scratch())
        #expect(sample.trits.count == 14)
        for (name, trits) in sample.trits {
            let isSame = try model.bytes(containerName(name)) == trits.flatMap { Trits.pack($0) }
            #expect(isSame, "\(name)")
            #expect(try model.floats(containerName(name) + ".scale") == [GGUFSample.scale])
        }
        for tensor in sample.writer.tensors where tensor.type == 0 {
            let names = ["token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"]
            guard let name = names[tensor.name] else { continue }
            #expect(try model.bytes(name) == tensor.bytes)
        }
    }

    @Test(arguments: TernaryLayout.allCases) func `the naive reader of a layout reads what was written`(_ layout: TernaryLayout) {
        var random = Random(seed: 3)
        let trits = (0..<8).map { _ in (0..<512).map { _ in Int8(truncatingIfNeeded: Int(random.next() % 3)) - 1 } }
        let bytes = layout.encoded(trits, scale: 0.5)
        for row in 0..<8 {
            let isSame = (0..<512).allSatisfy { layout.trit(bytes, row: row, column: $0, columns: 512) == trits[row][$0] }
            #expect(isSame, "row \(row)")
        }
    }

    @Test func `a scale is read before its codes as well`() throws {
        let model = try opened(GGUFSample(.tq2x0).writer.bytes, in: Scratch())
        #expect(try model.floats("model.layers.1.mlp.up_proj.weight.scale") == [GGUFSample.scale])
    }

    @Test func `the naive reader finds the same tensors`() throws {
        let bytes = GGUFSample(.iq1bn).writer.bytes, naive = NaiveGGUF(bytes)
        let model = try opened(bytes, in: Scratch())
        #expect(naive.texts["general.architecture"] == "bitnet-b1.58")
        #expect(naive.tensors.count == model.tensors.entries.count { !$0.name.hasSuffix(".scale") })
        let table = try #require(naive.tensors.first { $0.name == "token_embd.weight" })
        #expect(try model.bytes("model.embed_tokens.weight") == Array(table.rest.prefix(64 * 256 * 4)))
    }

    @Test func `factors beside a matrix multiply its scale`() throws {
        var sample = GGUFSample(.iq2bn)
        sample.writer.tensors.append(.init("blk.0.attn_q.scale", [1], [3]))
        sample.writer.tensors.append(.init("blk.1.ffn_up.weight_scale", [], [5]))
        let model = try opened(sample.writer.bytes, in: Scratch())
        #expect(try model.floats("model.layers.0.self_attn.q_proj.weight.scale") == [3 * GGUFSample.scale])
        #expect(try model.floats("model.layers.1.mlp.up_proj.weight.scale") == [5 * GGUFSample.scale])
        #expect(!model.tensors.entries.contains { $0.name.hasPrefix("blk") })
    }

    @Test func `what Python's gguf writes is read to the last bit`() throws {
        let path = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Golden/python.gguf"
        let model = try #require(try GGUFFormat.open(path, ThreadPool(threads: 1)))
        #expect(model.licence == "mit")
        let twins = model.tensors.entries.filter { $0.name.hasPrefix("twin.") }
        #expect(twins.count == 8)
        for twin in twins {
            let name = twin.name == "twin.token_embd.weight" ? "model.embed_tokens.weight" : String(twin.name.dropFirst(5))
            let index = try #require(model.tensors.index(of: name)), entry = model.tensors.entries[index]
            let values = try model.bytes(name).withUnsafeBytes { Kernels.best.floats($0, element: entry.element) }
            let isSame = try values == model.floats(twin.name)
            #expect(isSame, "\(name)")
        }
        try expectFormula(model)
    }

    /// The trits that the file was made with.
    private func formula(_ row: Int, _ column: Int) -> Int8 {
        let sum = row * 31 + column * 17 + row * column % 7
        return Int8(sum % 3 - 1)
    }

    private func expectFormula(_ model: Checkpoint) throws {
        for name in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
            let tensor = containerName("blk.0.\(name).weight")
            let (rows, columns) = name == "ffn_down" ? (256, 16) : (["attn_k": 32, "attn_v": 32, "ffn_gate": 16, "ffn_up": 16][name] ?? 256, 256)
            let expected = (0..<rows).flatMap { row in Trits.pack((0..<columns).map { formula(row, $0) }) }
            let isSame = try model.bytes(tensor) == expected
            #expect(isSame, "\(name)")
            // Q8_0 keeps the 127th part of the largest as a half.
            let scale: Float = name == "attn_v" ? 0.0625 : name == "attn_k" ? 127 * Float(Float16(0.07128906 / 127)) : 0.07128906
            #expect(try model.floats(tensor + ".scale") == [scale], "\(name)")
        }
    }
}
