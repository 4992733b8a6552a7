import Basis
import Catalog
import Glibc
import Models
import Support
import Tensors
import Testing
import Toolkit

/// Our numbers are the original implementation's.
@Suite struct GoldenTests {
    @Test func `the golden models that come with the project are all there`() {
        let names = Set(Golden.all.map(\.name))
        #expect(names.isSuperset(of: [
            "mmfree-tiny-opts", "mmfree-tiny-bf16-sharded", "shakespeare", "bitnet-tiny-bf16", "bitnet-tiny-packed",
            "llama-bitnet-tiny-packed", "llama-bitnet-rmsnorm-tiny-packed", "qwen2-tiny", "qwen2-tiny-longrope", "qwen3-tiny",
            "qwen3-tiny-opts",
        ]))
    }

    /// Larger ones are kept elsewhere: a folder that is there must not be passed over.
    @Test(.enabled(if: getenv("TERN_GOLDEN") != nil)) func `those of every family are among the others`() throws {
        let models = try (Golden.all + Golden.learners).map { try JSON(parsing: MappedFile.contents("\($0.model)/config.json")) }
        let families = Set(models.compactMap { Catalog.family(of: $0)?.name })
        #expect(families == Set(Catalog.families.map { $0.name }))
    }

    /// On a prompt that keeps every quantiser input away from a tie nothing can flip: every number of every layer has to be right.
    @Test(arguments: Golden.all) func `a strict prompt gives the same numbers everywhere`(_ golden: Golden) throws {
        let trace = try Traced(golden.model).trace(golden.tokens("strict.input_ids"))
        #expect(difference(trace.logits.flatMap { $0 }, try golden.floats("strict.logits")).largest < 1e-4)
        try expectHidden(golden, "strict.", trace, within: 1e-4)
        try expectStates(golden, "strict.state.", trace, within: 1e-4)
        try expectModules(golden, trace, within: 1e-4)
    }

    private func expectHidden(_ golden: Golden, _ prefix: String, _ trace: Trace, within tolerance: Float) throws {
        #expect(golden.layers > 0)
        for layer in 0...golden.layers {
            let reader = layer < golden.layers ? "model.layers.\(layer).\(golden.firstNorm)" : "model.norm"
            let found = try trace.input(reader).flatMap { $0 }, expected = try golden.floats("\(prefix)hidden.\(layer)")
            #expect(difference(found, expected).largest < tolerance, "\(prefix)hidden.\(layer)")
        }
        let normed = try trace.output("model.norm").flatMap { $0 }
        #expect(difference(normed, try golden.floats("\(prefix)hidden.norm")).largest < tolerance, "\(prefix)hidden.norm")
    }

    /// Of originals that keep keys and values, attention's output says whether they are right.
    private func expectStates(_ golden: Golden, _ prefix: String, _ trace: Trace, within tolerance: Float) throws {
        guard golden.hasRecurrence else { return }
        let states = trace.session.states.map { bytes in
            bytes.withUnsafeBytes { bytes in (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } }
        }
        #expect(states.count == golden.keys.count { $0.hasPrefix(prefix) } && !states.isEmpty)
        for (layer, state) in states.enumerated() {
            #expect(difference(state, try golden.floats("\(prefix)\(layer)")).largest < tolerance, "\(prefix)\(layer)")
        }
    }

    /// Each module's output, under the name that it has in the original.
    private func expectModules(_ golden: Golden, _ trace: Trace, within tolerance: Float) throws {
        var compared: Set<Substring> = []
        for key in golden.keys where key.hasPrefix("strict.mid.") && key.hasSuffix(".out") {
            let module = String(key.dropFirst("strict.mid.".count).dropLast(".out".count))
            guard let found = try rows(ofModule: module, trace) else { continue }
            #expect(difference(found.flatMap { $0 }, try golden.floats(key)).largest < tolerance, "\(golden.name) \(key)")
            compared.insert(module.split(separator: ".").last ?? "")
        }
        #expect(compared.isSuperset(of: golden.modules))
    }

    /// Modules that are no node of ours are named by the node that has the same output. The original's gate norm multiplies by the
    /// recurrence's swish as well: what it gives is what goes into the output projection.
    private func rows(ofModule module: String, _ trace: Trace) throws -> [[Float]]? {
        if module.hasSuffix(".g_norm") { return try trace.input(module.dropLast("g_norm".count) + "o_proj.norm") }
        let inside = module.hasSuffix("attn") ? ".o_proj" : module.hasSuffix(".mlp") ? ".down_proj" : ""
        return trace.nodes[module + inside + ".bias"] ?? trace.nodes[module + inside]
    }

    @Test(arguments: Golden.all.filter { !$0.hasRecurrence })
    func `attention gives what goes into the next module`(_ golden: Golden) throws {
        let trace = try Traced(golden.model).trace(golden.tokens("strict.input_ids"))
        for layer in 0..<golden.layers {
            let place = "model.layers.\(layer).self_attn"
            let next = golden.has("strict.mid.\(place).attn_sub_norm.in") ? "attn_sub_norm" : "o_proj"
            let found = try trace.output("\(place).attention").flatMap { $0 }
            #expect(difference(found, try golden.floats("strict.mid.\(place).\(next).in")).largest < 1e-4, "\(place)")
        }
    }

    /// On any other prompt an activation may be rounded the other way where sums are formed in another order; floats have no such jumps.
    @Test(arguments: Golden.all) func `the main prompt agrees as far as roundings let it`(_ golden: Golden) throws {
        let trace = try Traced(golden.model).trace(golden.tokens("input_ids")), expected = try golden.rows("logits")
        let tolerance: Float = golden.rounds ? 0.15 : 1e-4
        let found = difference(trace.logits.flatMap { $0 }, expected.flatMap { $0 })
        #expect(found.largest <= tolerance && found.mean <= 0.02, "\(found)")
        let same = zip(trace.logits, expected).count { largestIndex($0) == largestIndex($1) }
        #expect(Double(same) > 0.95 * Double(expected.count), "\(same) of \(expected.count)")
        try expectHidden(golden, "", trace, within: tolerance)
        try expectStates(golden, "state.", trace, within: tolerance)
        let nll = try losses(trace.logits, of: golden.tokens("input_ids"))
        #expect(difference(nll, try golden.floats("nll")).largest <= tolerance)
        let mean = Double(nll.reduce(0, +)) / Double(nll.count)
        #expect(abs(mean - (golden.json["mean_nll"]?.doubleValue ?? .infinity)) < 0.02)
    }

    /// -log p of each token but the first, from the logits before it.
    private func losses(_ logits: [[Float]], of tokens: [Int32]) -> [Float] {
        zip(logits, tokens.dropFirst()).map { row, token in
            let largest = Double(row.max() ?? 0)
            let sum = row.reduce(0.0) { $0 + exp(Double($1) - largest) }
            return Float(largest + log(sum) - Double(row[Int(token)]))
        }
    }

    /// Where nothing is rounded, a token is as near to the original's alone as in its text.
    @Test(arguments: Golden.all.filter { !$0.rounds }) func `token by token the main prompt gives the same logits`(_ golden: Golden) throws {
        let machine = try Traced(golden.model).machine(optimising: true)
        var feeds = [Machine.Feed(machine.graph.session, [], wanted: .last)], found: [Float] = []
        for token in try golden.tokens("input_ids") {
            feeds = [Machine.Feed(feeds[0].session, [token], wanted: .last)]
            try machine.run(&feeds) { _, _, row in found += row }
        }
        #expect(difference(found, try golden.floats("logits")).largest < 1e-4)
    }

    @Test(arguments: Golden.all) func `greedy decoding goes on in the same way`(_ golden: Golden) throws {
        let machine = try Traced(golden.model).machine(optimising: true)
        var feeds = [Machine.Feed(machine.graph.session, try golden.tokens("input_ids")[...], wanted: .last)]
        var tokens: [Int32] = []
        for _ in golden.greedy {
            try machine.run(&feeds) { _, _, row in tokens.append(Int32(largestIndex(Array(row)))) }
            feeds = [Machine.Feed(feeds[0].session, tokens.suffix(1), wanted: .last)]
        }
        #expect(golden.agrees(with: tokens), "\(tokens)")
    }
}
