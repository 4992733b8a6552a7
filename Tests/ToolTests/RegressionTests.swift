import Basis
import Safetensors
import Support
import Tensors
import TestFiles
import Testing

/// Defects that were found by trying, each kept from coming back.
@Suite struct RegressionTests {
    /// The hash of an input goes over tensors that the model has no use for as well.
    @Test func `tensors without a use are left out, before, between and after the others`() throws {
        let made = try Made.tiny, scratch = try Scratch()
        let folder = try scratch.copy(of: made.folder, as: "model")
        let unused = TensorBytes(name: "unused", element: "U8", shape: [3], bytes: [1, 2, 3])
        var all = try tensors(in: "\(folder)/model.safetensors")
        all.insert(unused, at: 0)
        all.insert(TensorBytes(name: "unused.too", element: "U8", shape: [0], bytes: []), at: 5)
        all.append(TensorBytes(name: "unused.last", element: "U8", shape: [3], bytes: [1, 2, 3]))
        let path = try scratch.write("model/model.safetensors", safetensors(all))
        let raw = scratch.file("raw")
        let outcome = try run("quantize", [folder, "-o", raw])
        expectDone(outcome)
        #expect(outcome.errorLines.first == "quantize: left out 3 tensors without a use in the model, among them 'unused'")
        let manifest = try JSON(parsing: run("pack", ["--manifest", raw]).output)
        let input = manifest["history"]?.arrayValue?.first?["inputs"]?.arrayValue?.first
        #expect(try input?["sha256"]?.stringValue == SHA256.digest(of: bytes(of: path)).hex)
    }

    @Test func `a closed standard stream is not taken for a file`() throws {
        let made = try Made.tiny, scratch = try Scratch(), packed = scratch.file("x")
        _ = try shell("pack -o '\(packed)' < '\(made.raw)' 2>&-")
        #expect(try bytes(of: packed) == bytes(of: made.packed))
        let outcome = try shell("infer '\(made.packed)' <&-")
        expectRefused(outcome, "infer", "cannot read standard input")
        #expect(outcome.output.isEmpty)
    }

    @Test func `what cannot be read at all is a failure, not a negative answer`() throws {
        try expectRefused(run("pack", ["--test", "/nowhere"]), "pack", status: 2, "cannot open '/nowhere'")
        try expectRefused(run("pack", ["--test", "/tmp"]), "pack", status: 2, "'/tmp'")
    }

    @Test func `two things never share standard output`() throws {
        let made = try Made.tiny
        try expectRefused(run("quantize", [made.folder, "--report", "-"]), "quantize", status: 64, "both")
        try expectRefused(run("infer", [made.packed, "x", "--save-state", "-"]), "infer", status: 64, "--save-state takes a file")
    }

    @Test func `a second prompt is noticed however late it comes`() throws {
        let made = try Made.tiny, scratch = try Scratch()
        let outcome = try shell("(echo a; sleep 0.3; echo b) | infer '\(made.packed)' --logits '\(scratch.file("l"))'")
        expectRefused(outcome, "infer", "--logits takes one prompt")
        #expect(names(in: scratch.path) == [])
    }

    @Test func `without a prompt there is no state`() throws {
        let made = try Made.tiny, scratch = try Scratch()
        try expectRefused(run("infer", [made.packed, "--save-state", scratch.file("s")]), "infer", "there is no prompt")
        #expect(names(in: scratch.path) == [])
    }

    @Test func `scores of good lines are given before a bad one is told`() throws {
        let made = try Made.tiny
        let outcome = try run("infer", [made.packed, "--json", "--score"], input: .text("{\"prompt\": \"a\"}\nnonsense\n"))
        expectRefused(outcome, "infer", "line 2: bad JSON")
        #expect(outcome.lines.count == 1)
    }
}
