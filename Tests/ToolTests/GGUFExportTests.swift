import Basis
import Catalog
import Models
import Support
import Tensors
import TestFiles
import Testing

/// What `pack --to gguf` writes is read back as the model that it was.
@Suite struct GGUFExportTests {
    private static let tokens: [Int32] = (0..<20).map { Int32(($0 * 29 + $0 / 7) % 67) }

    private func logits(_ model: String, _ scratch: Scratch) throws -> [Float] {
        let path = scratch.file("logits"), prompt = request(Self.tokens).compact
        expectDone(try run("infer", [model, "--json", "--logits", path], input: .text(prompt)), model)
        return try #require(tensors(in: path).first { $0.name == "logits" }).floats
    }

    private func exported(_ model: String, _ form: String = "gguf", _ scratch: Scratch) throws -> String {
        let path = scratch.file("\(form.split(separator: ":").joined(separator: "-")).gguf")
        expectDone(try run("pack", ["--to", form, model, "-o", path]), form)
        return path
    }

    @Test(arguments: smallConfigurations["llama"]?.compactMap(\.objectValue) ?? [])
    func `floats come back to the last bit`(_ configuration: JSONObject) throws {
        let scratch = try Scratch(), model = try Hostile(configuration).write(scratch)
        let expected = try logits(model, scratch)
        #expect(try logits(exported(model, "gguf:f32", scratch), scratch) == expected)
        for (form, tolerance) in [("gguf:bf16", 0.03), ("gguf:f16", 0.004), ("gguf:q8_0", 0.03)] as [(String, Float)] {
            let found = try logits(exported(model, form, scratch), scratch), largest = expected.map(abs).max() ?? 0
            #expect(difference(expected, found).mean < tolerance * largest && found != expected, "\(form)")
        }
    }

    /// Of every type that holds trits, whatever the widths: rows that no block divides go into half precision, scales beside the matrix.
    @Test(arguments: ["gguf", "gguf:tq1_0", "gguf:tq2_0", "gguf:q8_0", "gguf:f16", "gguf:bf16", "gguf:f32"], [60, 256])
    func `trits and scales come back`(_ form: String, _ width: Int) throws {
        let scratch = try Scratch(), raw = scratch.file("raw"), again = scratch.file("again")
        var configuration = smallConfigurations["bitnet"]?[0].objectValue ?? [:]
        for (key, size) in [("hidden_size", width), ("intermediate_size", width == 256 ? 512 : 75), ("num_attention_heads", 4)] {
            configuration[key] = .integer(size)
        }
        try expectDone(run("quantize", [Hostile(configuration).write(scratch), "-o", raw]))
        try expectDone(run("quantize", [exported(raw, form, scratch), "-o", again]))
        let before = try tensors(in: raw), after = try tensors(in: again)
        let matrices = before.filter { $0.element == "U8" && $0.name.hasPrefix("model.") }
        #expect(matrices.count == 14)
        for matrix in matrices {
            for name in [matrix.name, matrix.name + ".scale"] {
                let isSame = try #require(before.first { $0.name == name }).bytes == after.first { $0.name == name }?.bytes
                #expect(isSame, "\(name)")
            }
        }
    }

    @Test func `a Llama of trits keeps the order of its rows`() throws {
        let scratch = try Scratch(), made = try #require(Made.all.first { $0.golden.name == "llama-bitnet-tiny-packed" })
        let expected = try logits(made.packed, scratch)
        #expect(try logits(exported(made.packed, "gguf:f32", scratch), scratch) == expected)
    }
}
