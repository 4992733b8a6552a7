import Basis
import Support
import TestFiles
import Testing

/// What the programs do with models in which nothing is ternary.
@Suite struct FloatModelTests {
    private static let configurations = smallConfigurations["llama"]?.compactMap(\.objectValue) ?? []
    /// Longer than the window of the one that has one.
    private static let tokens: [Int32] = (0..<40).map { Int32(($0 * 29 + $0 / 7) % 67) }

    private func folder(_ configuration: JSONObject, _ scratch: Scratch) throws -> String { try Hostile(configuration).write(scratch) }

    private func logits(_ model: String, _ scratch: Scratch) throws -> [Float] {
        let path = scratch.file("logits"), prompt = request(Self.tokens).compact
        expectDone(try run("infer", [model, "--json", "--logits", path], input: .text(prompt)))
        return try #require(tensors(in: path).first { $0.name == "logits" }).floats
    }

    @Test(arguments: configurations) func `floats go into containers and come back as they are`(_ configuration: JSONObject) throws {
        let scratch = try Scratch(), model = try folder(configuration, scratch)
        let (raw, packed, back) = (scratch.file("raw"), scratch.file("packed"), scratch.file("back"))
        let outcome = try run("quantize", [model, "-o", raw])
        expectDone(outcome)
        #expect(outcome.errorLines.first == "quantize: the model is one of floats: its matrices stay as they are")
        try expectDone(run("pack", [raw, "-o", packed]))
        try expectDone(run("pack", ["--to", "huggingface", packed, "-o", back]))
        let expected = try logits(model, scratch)
        for copy in [raw, packed, back] { #expect(try logits(copy, scratch) == expected) }
        #expect(try run("pack", ["--list", packed]).lines.last?.hasSuffix("weights, no trits") == true)
        let history = try JSON(parsing: run("pack", ["--manifest", raw]).output)["history"]?.arrayValue
        #expect(history?.first?["options"] == [:])
        let stored = try tensors(in: "\(model)/model.safetensors"), kept = try tensors(in: "\(back)/model.safetensors")
        #expect(stored.count == kept.count && stored.allSatisfy(kept.contains))
    }

    @Test(arguments: [["--method", "absmean"], ["--method", "twn", "--planes", "2"], ["--planes", "3", "--shifts"], ["--scales", "free", "--planes", "2"]])
    func `matrices become planes where that is asked for`(_ options: [String]) throws {
        let scratch = try Scratch(), model = try folder(Self.configurations[0], scratch), raw = scratch.file("raw"), packed = scratch.file("packed")
        let outcome = try run("quantize", [model, "-o", raw] + options)
        expectDone(outcome)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        expectDone(try run("pack", [raw, "-o", packed]))
        let found = try logits(raw, scratch)
        #expect(try logits(packed, scratch) == found)
        #expect(difference(try logits(model, scratch), found).mean > 0)
        #expect(try run("pack", ["--list", packed]).lines.count { $0.contains("planes") } == 14)
        #expect(try run("pack", ["--unpack", packed]).output == bytes(of: raw))
        try expectRefused(run("quantize", [packed, "--planes", "2", "-o", scratch.file("x")]), "quantize", "planes are made of those")
        #expect(try run("quantize", [packed, "-o", scratch.file("x")]).errorLines.count == 1)
        // sim-hw prices them as products by trits.
        let report = try run("sim-hw", [packed, "--device", "raspberry-pi-5"])
        expectDone(report)
        #expect(!report.text.contains("0 of them trits"))
    }

    @Test(arguments: [1e-9, 1e9] as [Float]) func `weights that no scale goes with are refused`(_ factor: Float) throws {
        var model = try Hostile(Self.configurations[0])
        for index in model.tensors.indices where model.tensors[index].name.contains("down_proj.weight") {
            model.tensors[index].bytes = model.tensors[index].floats.map { factor * $0 }.withUnsafeBytes { Array($0) }
        }
        let scratch = try Scratch(), path = try model.write(scratch)
        try expectRefused(run("quantize", [path, "--planes", "1", "-o", scratch.file("x")]), "quantize", "scales in half precision are not made")
    }

    @Test(arguments: [
        (["--planes", "4"], "--planes takes 1 to 3"), (["--budget", "3"], "need a --calibration text"),
        (["--planes", "2", "--budget", "3", "--calibration", "x"], "only one of --planes and --budget"),
        (["--rotation", "auto"], "need a --calibration text"),
    ]) func `planes that cannot be are refused`(_ options: [String], _ fact: String) throws {
        let scratch = try Scratch(), outcome = try run("quantize", [folder(Self.configurations[0], scratch)] + options)
        #expect(outcome.status == 64 && outcome.errors.contains(fact), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--method", "twn", "--scales", "tied", "--planes", "2"], "the scales of its planes are free"),
        (["--method", "absmean", "--shifts"], "has no shift"), (["--calibration", "nothing"], "cannot open 'nothing'"),
        (["--rotation", "hadamard"], "no weights can be turned"),
    ]) func `what a method cannot make is refused`(_ options: [String], _ fact: String) throws {
        let scratch = try Scratch(), model = try folder(Self.configurations[0], scratch)
        expectRefused(try run("quantize", [model, "-o", scratch.file("raw")] + options), "quantize", fact)
    }

    @Test func `a model of trits has no planes`() throws {
        let scratch = try Scratch()
        expectRefused(try run("quantize", [Made.tiny.packed, "--planes", "2", "-o", scratch.file("raw")]), "quantize", "planes are for models of floats")
    }

    @Test func `all matrices become integers where that is asked for`() throws {
        let scratch = try Scratch(), model = try folder(Self.configurations[1], scratch), raw = scratch.file("raw")
        let outcome = try run("quantize", [model, "--embedding", "int8", "-o", raw])
        expectDone(outcome)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        let (exact, found) = (try logits(model, scratch), try logits(raw, scratch))
        let largest = exact.map(abs).max() ?? 0
        #expect(difference(exact, found).mean < 0.02 * largest && exact != found)
    }

    /// The saved text is longer than the window, and so is what comes after it.
    @Test(arguments: configurations) func `a saved state goes on as if it had not been saved`(_ configuration: JSONObject) throws {
        let scratch = try Scratch(), model = try folder(configuration, scratch), state = scratch.file("state")
        let options: JSONObject = ["temperature": 0, "max_tokens": 24, "ignore_eos": true]
        let whole = try answers(model, [request(Self.tokens, options)])[0].tokens
        _ = try answers(model, [request(Array(Self.tokens.prefix(30)), ["max_tokens": 0])], ["--save-state", state])
        let rest = try answers(model, [request(Array(Self.tokens.dropFirst(30)), options)], ["--load-state", state])[0].tokens
        #expect(whole.count == 24 && rest == whole)
    }

    @Test(arguments: [
        (["quantization_config": ["quant_method": "gptq"]], "'quantization_config.quant_method': \"gptq\""),
        (["rope_scaling": ["rope_type": "spiral", "factor": 4]], "'rope_scaling.rope_type': \"spiral\""),
        (["hidden_act": "gelu"], "'hidden_act': \"gelu\", expected 'silu'"),
    ] as [(JSONObject, String)])
    func `what the family does not know is one line`(_ changes: JSONObject, _ fact: String) throws {
        var configuration = Self.configurations[0]
        for change in changes.members { configuration[change.key] = change.value }
        var model = try Hostile(Self.configurations[0])
        model.config = JSON.object(configuration).compact
        try expectRefused(run("infer", [model.write(Scratch()), "x"]), "infer", fact)
    }
}
