import Basis
import Catalog
import Glibc
import Models
import Support
import Testing

/// Test-time training: the original's numbers, fed at once and token by token, and which configurations are taken.
@Suite struct TTTTests {
    private static let goldens = Golden.learners

    @Test func `both inner models are among the golden ones`() {
        #expect(Set(Self.goldens.map(\.name)).isSuperset(of: ["ttt-linear-mamba-tiny", "ttt-mlp-mamba-tiny"]))
    }

    @Test(arguments: goldens) func `a prompt at once gives the original's numbers`(_ golden: Golden) throws {
        let trace = try Traced(golden.model).trace(golden.tokens("input_ids"))
        #expect(difference(trace.logits.flatMap { $0 }, try golden.floats("logits")).largest < 1e-4)
        for key in golden.keys where key.hasPrefix("hidden.") {
            let name = key.dropFirst("hidden.".count)
            let found = try name == "norm" ? trace.output("model.norm") : rows(before: name, trace)
            #expect(difference(found.flatMap { $0 }, try golden.floats(key)).largest < 1e-4, "\(key)")
        }
        try expectModules(golden, trace)
        try expectInnerInputs(golden, trace)
        try expectStates(golden, "state", trace.session, trace.graph)
    }

    /// What goes into a layer, or behind the last one into the norm.
    private func rows(before layer: Substring, _ trace: Trace) throws -> [[Float]] {
        let names = ["conv.norm", "seq_norm"].map { "model.layers.\(layer).\($0)" } + ["model.norm"]
        let reader = try #require(names.first { name in trace.graph.nodes.contains { $0.name == name } })
        return try trace.input(reader)
    }

    private func expectModules(_ golden: Golden, _ trace: Trace) throws {
        for key in golden.keys where key.hasPrefix("mid.") && key.hasSuffix(".out") {
            let module = String(key.dropFirst("mid.".count).dropLast(".out".count))
            let found = trace.nodes[module + ".bias"] ?? trace.nodes[module] ?? trace.nodes[module + ".down_proj"]
            let rows = try #require(found, "\(key)").flatMap { $0 }
            #expect(difference(rows, try golden.floats(key)).largest < 1e-4, "\(key)")
        }
    }

    /// Queries, keys and values after their turn, and what the steps are made of, by head, mini-batch and token.
    private func expectInnerInputs(_ golden: Golden, _ trace: Trace) throws {
        guard golden.has("ttt.layer0.full.XQ") else { return }
        let place = "model.layers.0.seq_modeling_block.inner_loop"
        for (input, name) in ["XQ", "XK", "XV"].enumerated() {
            let rows = try trace.input(place, input)
            try expectHeads(golden, "ttt.layer0.full.\(name)", rows, from: 0)
            let whole = try golden.entry("ttt.layer0.full.\(name)").shape
            try expectHeads(golden, "ttt.layer0.rem.\(name)", rows, from: whole[1] * whole[2])
        }
        let shape = try golden.entry("ttt.layer0.full.eta").shape, (batches, tokens) = (shape[1], shape[2])
        let rates = try trace.input(place, 3), scales = try trace.input(place, 4), eta = try golden.floats("ttt.layer0.full.eta")
        let loop = try #require(trace.graph.nodes.first { $0.name == place }).operation.attributes["rate"]?.doubleValue
        for (head, batch) in (0..<shape[0]).flatMap({ head in (0..<batches).map { (head, $0) } }) {
            for i in 0..<tokens {
                for j in 0...i {
                    let found = scales[batch * tokens + i][0] * Float(try #require(loop)) * rates[batch * tokens + j][head]
                    #expect(abs(found - eta[((head * batches + batch) * tokens + i) * tokens + j]) < 1e-6)
                }
            }
        }
    }

    private func expectHeads(_ golden: Golden, _ key: String, _ rows: [[Float]], from start: Int) throws {
        let shape = try golden.entry(key).shape, width = shape[3], tokens = shape[1] * shape[2]
        let found = (0..<shape[0]).flatMap { head in
            rows[start..<start + tokens].flatMap { $0[head * width..<(head + 1) * width] }
        }
        #expect(difference(found, try golden.floats(key)).largest < 1e-4, "\(key)")
    }

    /// Fast weights and sums of gradients of each head, and the last inputs of convolutions, of which the original keeps one more.
    private func expectStates(_ golden: Golden, _ prefix: String, _ session: Session, _ graph: Graph) throws {
        let nodes = graph.statefulNodes.map { graph.nodes[$0] }
        var compared = 0
        for (node, bytes) in zip(nodes, session.states) {
            let state = bytes.withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
            }
            let layer = node.name.split(separator: ".")[2]
            for (name, found) in parts(of: state, node) {
                let key = "\(prefix).\(layer).\(name)"
                guard golden.has(key) else { continue }
                let expected = try golden.floats(key), rows = name.hasPrefix("conv.") ? columns(expected, of: state) : expected
                #expect(difference(found, rows).largest < 1e-4, "\(key)")
                compared += 1
            }
        }
        #expect(compared >= golden.keys.count { $0.hasPrefix("\(prefix).") && !$0.contains(".conv.") } && compared > 0)
    }

    private func columns(_ expected: [Float], of state: [Float]) -> [Float] {
        let width = 96, length = expected.count / width
        return (1..<length).flatMap { place in (0..<width).map { expected[$0 * length + place] } }
    }

    private func parts(of state: [Float], _ node: Graph.Node) -> [String: [Float]] {
        let module = node.name.split(separator: ".").last ?? ""
        guard module == "inner_loop" else {
            return ["conv", "conv_q", "conv_k"].contains(module) ? ["conv.\(module == "conv" ? "pre_conv" : "ttt_\(module)")": state] : [:]
        }
        let weights = node.operation.weights.dropLast(2), heads = weights[0].shape[0]
        var parts: [String: [Float]] = [:], start = 0
        for _ in 0..<heads {
            for suffix in ["states", "grad"] {
                for weight in weights {
                    let count = weight.count / heads, name = weight.name.split(separator: ".").last.map(String.init) ?? ""
                    parts["\(name)_\(suffix)", default: []] += state[start..<start + count]
                    start += count
                }
            }
        }
        return parts
    }

    @Test(arguments: goldens) func `token by token it says the same, and goes on as the original does`(_ golden: Golden) throws {
        let machine = try Traced(golden.model).machine(optimising: true)
        var feeds = [Machine.Feed(machine.graph.session, [], wanted: .last)], found: [[Float]] = []
        func feed(_ token: Int32) throws {
            feeds = [Machine.Feed(feeds[0].session, [token], wanted: .last)]
            try machine.run(&feeds) { _, _, row in found.append(Array(row)) }
        }
        let prompt = try golden.tokens("input_ids")
        for token in prompt { try feed(token) }
        #expect(difference(found.flatMap { $0 }, try golden.floats("logits")).largest < 1e-4)
        try expectStates(golden, "state", feeds[0].session, machine.graph)
        var chosen = [Int32(largestIndex(found[prompt.count - 1]))]
        for _ in 0..<31 {
            try feed(chosen[chosen.count - 1])
            chosen.append(Int32(largestIndex(found[found.count - 1])))
        }
        #expect(golden.agrees(with: chosen))
        #expect(difference(found[prompt.count...].flatMap { $0 }, try golden.floats("decode_logits")).largest < 1e-4)
        try expectStates(golden, "state_after_greedy", feeds[0].session, machine.graph)
    }

    private static func graph(_ changes: JSONObject) throws -> Graph {
        var configuration: JSONObject = [
            "model_type": "ttt", "vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4,
            "intermediate_size": 30,
        ]
        for change in changes.members { configuration[change.key] = change.value }
        return try #require(Catalog.family(of: .object(configuration))).graph(configuration: .object(configuration))
    }

    @Test func `defaults are those of the original`() throws {
        let graph = try #require(Catalog.family(of: ["model_type": "ttt"])).graph(configuration: ["model_type": "ttt"])
        // 24 layers of 2048, heads of 64, and one table.
        let inner = 32 * (64 * 64 + 64) + 16 + 32 * 2048 + 32 + 2 * 32 * 64 + 2 * 2048
        let layer = 4 * 2048 * 2048 + 3 * 2048 * 5504 + 2 * 2048 + inner
        #expect(graph.weights.reduce(0) { $0 + $1.count } == 32000 * 2048 + 2048 + 24 * layer)
        #expect(graph.text.contains("mini-batch=16,rate=0.015625}") && graph.text.contains("period=16"))
    }

    static let refused: [(JSONObject, String)] = [
        (["ttt_layer_type": "attention"], "'ttt_layer_type': \"attention\", expected 'linear' or 'mlp'"),
        (["num_attention_heads": 5], "5 heads for a width of 24"), (["num_attention_heads": 8], "8 heads for a width of 24"),
        (["mini_batch_size": 0], "'mini_batch_size': 0"), (["ttt_base_lr": 0], "'ttt_base_lr': 0, expected a positive number"),
        (["hidden_act": "gelu"], "'hidden_act': \"gelu\""), (["pre_conv": 1], "'pre_conv': 1, expected true or false"),
        (["pre_conv": true, "conv_kernel": 1], "'conv_kernel': 1, expected 2 or more"), (["conv_kernel": 5000], "'conv_kernel': 5000"),
    ]

    @Test(arguments: refused.indices) func `what is not known is refused with its reason`(_ index: Int) {
        let (changes, reason) = Self.refused[index]
        do {
            _ = try Self.graph(changes)
            Issue.record("it was taken: \(changes)")
        } catch { #expect("\(error)".contains(reason), "\(error)") }
    }

    @Test func `a new one has the parts of its backbone, and begins as the original does`() throws {
        let family = try #require(Catalog.family(of: ["model_type": "ttt"]))
        for (text, parts) in [("ttt:layers=1,width=32", 20), ("ttt:layers=1,width=32,inner=mlp,backbone=mamba", 29)] {
            let options = try PluginOptions(parsing: text).declared(as: family.newOptions)
            let configuration = try family.configuration(new: options, vocabulary: 40)
            let weights = try family.graph(configuration: configuration).weights
            #expect(weights.count == parts, "\(weights.map(\.name))")
            func initial(_ name: String) throws -> InitialValues {
                try family.initialValues(of: #require(weights.first { $0.name.hasSuffix(name) }, "\(name)"), in: configuration)
            }
            for name in ["seq_norm.weight", "post_norm.weight", "ttt_norm_weight", "model.norm.weight"] {
                #expect(try initial(name) == .constant(1))
            }
            for name in ["post_norm.bias", "ttt_norm_bias", ".b1", "token_idx", "lr_bias"] { #expect(try initial(name) == .constant(0)) }
            for name in [".W1", "lr_weight", "v_proj.weight"] { #expect(try initial(name) == .normal(deviation: 0.02)) }
        }
        for wrong in ["ttt:inner=deep", "ttt:backbone=rwkv", "ttt:rate=0", "ttt:mini-batch=0"] {
            let options = try PluginOptions(parsing: wrong).declared(as: family.newOptions)
            #expect(throws: Failure.self, "\(wrong)") { _ = try family.configuration(new: options, vocabulary: 40) }
        }
    }
}
