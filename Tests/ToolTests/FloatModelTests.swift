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

    @Test func `no method makes floats ternary that were not trained so`() throws {
        let scratch = try Scratch(), model = try folder(Self.configurations[0], scratch)
        let outcome = try run("quantize", [model, "--method", "absmean", "-o", scratch.file("raw")])
        expectRefused(outcome, "quantize", "is a model of floats")
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
        (["rope_scaling": ["rope_type": "yarn", "factor": 4]], "'rope_scaling.rope_type': \"yarn\""),
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
