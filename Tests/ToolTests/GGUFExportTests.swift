import Basis
import Catalog
import Glibc
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

    /// Those of the family, without what a GGUF file has no words for.
    private static let expressible = (smallConfigurations["llama"] ?? []).compactMap(\.objectValue).map { configuration in
        guard configuration["model_type"]?.stringValue?.hasPrefix("qwen") == true else { return configuration }
        var plain = configuration
        for key in ["rope_scaling", "use_sliding_window", "sliding_window", "max_window_layers"] { plain[key] = nil }
        return plain
    }

    @Test(arguments: ["qwen2", "qwen3"]) func `what a file has no words for is refused`(_ type: String) throws {
        let scratch = try Scratch(), all = (smallConfigurations["llama"] ?? []).compactMap(\.objectValue)
        let configuration = try #require(all.first { $0["model_type"]?.stringValue == type })
        let outcome = try run("pack", ["--to", "gguf", Hostile(configuration).write(scratch), "-o", scratch.file("x.gguf")])
        expectRefused(outcome, "pack", "it computes something else than architecture '\(type)' does")
    }

    @Test(arguments: expressible)
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
        for (key, size) in [("hidden_size", width), ("intermediate_size", width == 256 ? 512 : 75), ("num_attention_heads", width == 256 ? 4 : 6)] {
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

    @Test(arguments: ["bitnet-tiny-packed", "llama-bitnet-tiny-packed"]) func `the tokenizer cuts text alike`(_ name: String) throws {
        let scratch = try Scratch(), made = try #require(Made.all.first { $0.golden.name == name })
        let file = try exported(made.packed, "gguf", scratch), text = #"{"prompt":"Hello, world! It's 2026 - naïve  Ωmega\n\n 12345 x"}"#
        let (before, after) = try (run("infer", [made.packed, "--score", "--json"], input: .text(text)),
            run("infer", [file, "--score", "--json"], input: .text(text)))
        expectDone(after)
        #expect(try JSON(parsing: before.output).tokens == JSON(parsing: after.output).tokens)
    }

    @Test func `to a pipe goes what goes to a file`() throws {
        let made = try #require(Made.all.first { $0.golden.name == "bitnet-tiny-packed" })
        let piped = try run("pack", ["--to", "gguf", "-"], input: .file(made.raw))
        expectDone(piped)
        // The file is named in it.
        let named = try run("pack", ["--to", "gguf", made.raw])
        #expect(piped.output == named.output && !piped.output.isEmpty)
    }

    @Test(arguments: [
        ("mmfree-tiny-opts", "gguf", "it is no transformer with rotary positions"),
        ("shakespeare", "gguf:f16", "it is no transformer"),
    ]) func `what a GGUF file cannot hold is one line`(_ name: String, _ form: String, _ fact: String) throws {
        let made = try #require(Made.all.first { $0.golden.name == name })
        try expectRefused(run("pack", ["--to", form, made.packed, "-o", Scratch().file("x")]), "pack", fact)
    }

    @Test func `norms in projections, and trits of floats, are refused`() throws {
        let golden = try Golden.named("llama-bitnet-rmsnorm-tiny-packed"), scratch = try Scratch()
        try expectRefused(run("pack", ["--to", "gguf", golden.model, "-o", scratch.file("x")]), "pack", "it has no name for tensor '")
        let float = try Hostile(smallConfigurations["llama"]?[1].objectValue ?? [:]).write(scratch)
        try expectRefused(run("pack", ["--to", "gguf:tq2_0", float, "-o", scratch.file("x")]), "pack", "no matrix of the model is of trits")
        try expectRefused(run("pack", ["--to", "gguf:q4_k", float]), "pack", status: 64, "gguf:q4_k")
        #expect(!scratch.contents.contains("x"))
    }

    /// Python's own reader, where it is installed.
    @Test func `Python's gguf reads the same numbers`() throws {
        guard ShellCommand.finds("python3"), (try? ShellCommand("python3 -c 'import gguf, numpy' 2>/dev/null").output()) != nil else { return }
        let scratch = try Scratch(), made = try #require(Made.all.first { $0.golden.name == "llama-bitnet-tiny-packed" })
        let script = """
            import sys, numpy, gguf
            def trits(path):
                made = {}
                for t in gguf.GGUFReader(path).tensors:
                    values = gguf.dequantize(t.data, t.tensor_type)
                    if 'blk' in t.name and values.ndim == 2: made[t.name] = numpy.sign(values)
                return made
            a, b = trits(sys.argv[1]), trits(sys.argv[2])
            assert len(a) == 21 and a.keys() == b.keys() and all((a[k] == b[k]).all() for k in a)
            """
        let path = try scratch.write("check.py", Array(script.utf8))
        let files = try ["gguf:f32", "gguf:q8_0"].map { try exported(made.packed, $0, scratch) }
        try expectDone(run("/usr/bin/env", ["python3", path] + files))
    }

    /// Against llama.cpp, where TERN_LLAMA_CPP names the folder of its programs: the perplexity of a float Llama within rounding.
    @Test(.enabled(if: getenv("TERN_LLAMA_CPP") != nil)) func `llama.cpp reads what is written`() throws {
        let scratch = try Scratch(), made = try #require(Made.all.first { $0.golden.name == "llama-bitnet-tiny-packed" })
        let folder = getenv("TERN_LLAMA_CPP").map { String(cString: $0) } ?? ""
        let text = try scratch.write("text", Array(String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 60).utf8))
        let file = try exported(made.packed, "gguf:f32", scratch)
        let outcome = try run("\(folder)/llama-perplexity", ["-m", file, "-f", text, "-c", "64", "-b", "64", "-t", "1"])
        expectDone(outcome)
        #expect((outcome.errors + outcome.text).contains("Final estimate: PPL = "))
    }
}
