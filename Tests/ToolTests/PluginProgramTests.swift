import Basis
import Glibc
import Support
import TestFiles
import Testing

/// Models and quantisers that are programs.
@Suite struct PluginProgramTests {
    private static let examples = ["TERN_PLUGINS": "/nowhere::\(Programs.package)/Examples"]
    private static let hasPython = ShellCommand.finds("python3")

    private static let configuration: JSONObject = [
        "model_type": "parallel", "vocab_size": 40, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
    ]

    /// A folder of plugins, each a line of shell.
    private func plugins(_ programs: [String: String], _ scratch: Scratch) throws -> [String: String] {
        let folder = scratch.folder("plugins")
        for (name, line) in programs {
            chmod(try scratch.write("plugins/\(name)", Array("#!/bin/sh\n\(line)\n".utf8)), 0o755)
        }
        return ["TERN_PLUGINS": folder, "TERN_PLUGIN_SECONDS": "2"]
    }

    private func score(_ model: String, _ environment: [String: String] = [:]) throws -> String {
        let outcome = try run("infer", [model, "--score", "--json"], input: .text(#"{"tokens":[3,1,4,1,5,9,2,6]}"#), environment: environment)
        expectDone(outcome, model)
        return outcome.text
    }

    @Test(.enabled(if: hasPython)) func `a model of a plugin is trained, packed, run, priced and measured`() throws {
        let scratch = try Scratch(), model = scratch.file("model"), packed = scratch.file("packed"), more = scratch.file("more")
        let text = try scratch.write("text", Array(String(repeating: "A rose is a rose is a rose. ", count: 200).utf8))
        let training = ["--data", text, "--context", "32", "--batch", "2", "--quiet"]
        let new = "parallel:width=32,layers=1,heads=2,vocabulary=300"
        try expectDone(run("think-train", ["--new", new, "--steps", "3", "-o", model] + training, environment: Self.examples))
        try expectDone(run("think-train", [model, "--steps", "2", "-o", more] + training, environment: Self.examples))
        try expectDone(run("think-train", ["--resume", "-o", more, "--quiet"], environment: Self.examples))
        let raw = scratch.file("raw")
        try expectDone(run("quantize", [model, "-o", raw], environment: Self.examples))
        try expectDone(run("pack", [raw, "-o", packed]))
        // The container knows its graph.
        #expect(try score(packed) == score(model, Self.examples))
        try expectDone(run("sim-hw", [packed, "--device", "raspberry-pi-5"]))
        let priced = try run("sim-hw", ["\(model)/config.json", "--device", "raspberry-pi-5"], environment: Self.examples)
        expectDone(priced)
        #expect(priced.lines[1].contains("of them trits"))
        try expectDone(run("bench", ["quality", model, "--data", text, "--context", "32"], environment: Self.examples))
        try expectRefused(run("infer", [model, "x"]), "infer", "model type 'parallel' is unknown; known: ")
        let wrong = try run("think-train", ["--new", "parallel:depth=3", "-o", scratch.file("none")] + training, environment: Self.examples)
        expectRefused(wrong, "think-train", "plugin 'tern-model-parallel' failed with status 1: no option 'depth'; known: heads, layers, width")
    }

    @Test(.enabled(if: hasPython)) func `a rule of a plugin makes trits and planes`() throws {
        let scratch = try Scratch(), made = try Made.tiny, raw = scratch.file("raw"), report = scratch.file("report")
        let options = ["--method", "median", "-o", raw, "--report", report]
        try expectDone(run("quantize", [made.folder] + options, environment: Self.examples))
        let matrix = try #require(tensors(in: raw).first { $0.element == "U8" && $0.name.hasSuffix("weight") })
        let own = try #require(tensors(in: made.raw).first { $0.name == matrix.name })
        #expect(own.bytes.count == matrix.bytes.count && own.bytes != matrix.bytes)
        #expect(try score(raw) != score(made.raw))

        let configuration = try #require(smallConfigurations["llama"]?[1].objectValue), float = try Hostile(configuration).write(scratch)
        let planes = scratch.file("planes")
        try expectDone(run("quantize", [float, "--method", "median", "-o", planes], environment: Self.examples))
        _ = try score(planes)
        let two = try run("quantize", [float, "--method", "median", "--planes", "2", "-o", planes], environment: Self.examples)
        expectRefused(two, "quantize", "plugin 'tern-quantizer-median' failed with status 1: makes one plane, without shifts")
    }

    private static let badModels: [(String, String)] = [
        ("exit 3", "plugin 'tern-model-parallel' failed with status 3"),
        ("echo no such luck >&2; exit 1", "failed with status 1: no such luck"),
        ("echo nonsense", "plugin 'tern-model-parallel'"),
        ("echo []", "plugin 'tern-model-parallel' printed no JSON object"),
        ("echo '{\"nodes\":[]}'", "plugin 'tern-model-parallel': the graph has no nodes"),
        ("cat", "plugin 'tern-model-parallel': the graph has no nodes"),
        ("kill -9 $$", "was ended by signal 9"),
        ("sleep 60", "gave no answer within 2 seconds"),
        ("exec >&- 2>&-; sleep 60", "gave no answer within 2 seconds"),
        ("yes", "plugin 'tern-model-parallel' "),
        ("(sleep 60) & exit 4", "failed with status 4"),
        ("", "plugin 'tern-model-parallel'"),
    ]

    @Test(arguments: badModels) func `a model's plugin that goes wrong is one line`(_ line: String, _ fact: String) throws {
        let scratch = try Scratch()
        var model = try Hostile()
        model.config = JSON.object(Self.configuration).compact
        let environment = try plugins(["tern-model-parallel": line], scratch)
        try expectRefused(run("infer", [model.write(scratch), "x"], environment: environment, seconds: 30), "infer", fact, line)
    }

    private static let badRules: [(String, String)] = [
        ("exit 3", "failed with status 3"), ("cat > /dev/null; echo nonsense", "plugin 'tern-quantizer-bad': "),
        ("cat", "plugin 'tern-quantizer-bad'"), ("exec <&-; sleep 60", "gave no answer within 2 seconds"), ("yes", "printed more than "),
        ("exec <&-", "it printed no safetensors file"), ("kill -11 $$", "was ended by signal 11"),
    ]

    @Test(arguments: badRules) func `a rule that goes wrong is one line`(_ line: String, _ fact: String) throws {
        let scratch = try Scratch(), environment = try plugins(["tern-quantizer-bad": line], scratch), out = scratch.file("out")
        let outcome = try run("quantize", [Hostile().write(scratch), "--method", "bad", "-o", out], environment: environment, seconds: 30)
        expectRefused(outcome, "quantize", fact, line)
        #expect(access(out, F_OK) != 0)
    }

    @Test func `only plain names in listed folders are run`() throws {
        let scratch = try Scratch(), environment = try plugins(["tern-model-a": "exit 7", "tern-quantizer-a": "exit 7"], scratch)
        for type in ["../plugins/tern-model-a", "A", "a b", "", "a/"] {
            var model = try Hostile(), configuration = Self.configuration
            configuration["model_type"] = .string(type)
            model.config = JSON.object(configuration).compact
            try expectRefused(run("infer", [model.write(scratch), "x"], environment: environment), "infer", "model type '\(type)' is unknown")
        }
        let outcome = try run("quantize", [Hostile().write(scratch), "--method", "../a", "-o", scratch.file("o")], environment: environment)
        expectRefused(outcome, "quantize", "there is no method '../a'")
        // A file that is no program is none.
        chmod("\(scratch.path)/plugins/tern-quantizer-a", 0o644)
        let plain = try run("quantize", [Hostile().write(scratch), "--method", "a", "-o", scratch.file("o")], environment: environment)
        expectRefused(plain, "quantize", "and TERN_PLUGINS has no 'tern-quantizer-a'")
    }
}
