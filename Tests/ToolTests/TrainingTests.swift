import Basis
import Glibc
import Support
import TestFiles
import Testing

/// think-train as a user runs it.
@Suite struct TrainingTests {
    private static let tokenizer = "\(Programs.package)/Tests/Golden/shakespeare/tokenizer.json"
    private static let text = "\(Programs.package)/README.md"
    /// A run of some seconds at most.
    private static let small = [
        "--new", "matmul-free:layers=2,width=64", "--tokenizer", tokenizer, "--data", text, "--batch", "2", "--context", "64", "--steps", "12",
        "--save-every", "2", "--evaluate-every", "4", "--quiet",
    ]

    private func log(_ folder: String) throws -> [JSON] {
        let lines = try MappedFile.contents("\(folder)/log.jsonl").split(separator: 0x0A)
        return try lines.map { line in
            var object = try JSON(parsing: Array(line)).objectValue ?? JSONObject()
            object["seconds"] = nil
            return .object(object)
        }
    }

    private func expectSame(_ a: String, _ b: String, _ what: String = "") throws {
        #expect(try MappedFile.contents("\(a)/model.safetensors") == MappedFile.contents("\(b)/model.safetensors"), "\(what)")
        #expect(try log(a) == log(b), "\(what)")
    }

    @Test func `the threads do not change the result`() throws {
        let scratch = try Scratch()
        for threads in ["1", "2", "3"] { expectDone(try run("think-train", Self.small + ["-o", scratch.file(threads), "--threads", threads])) }
        for threads in ["2", "3"] { try expectSame(scratch.file("1"), scratch.file(threads)) }
        #expect(scratch.contents == ["1", "2", "3"])
    }

    @Test func `a run that is killed again and again ends as one that is not`() throws {
        let long = Self.small + ["--steps", "24"]
        let scratch = try Scratch(), whole = scratch.file("whole"), broken = scratch.file("broken")
        expectDone(try run("think-train", long + ["-o", whole]))
        let kills = try killAgainAndAgain(long, into: broken)
        #expect(kills >= 10)
        try expectSame(whole, broken, "after \(kills) kills")
    }

    @Test func `asked to stop, it leaves a checkpoint to go on from`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let begin = "think-train \(Self.small.joined(separator: " ")) --save-every 1000000 -o '\(out)' & p=$!"
        let wait = "while [ ! -s '\(out)/log.jsonl' ]; do sleep 0.01; done; kill -TERM $p; wait $p"
        let outcome = try shell("\(begin); \(wait)")
        #expect(outcome.status == 2 && outcome.errors.contains("--resume goes on"), "\(outcome.errors)")
        expectDone(try run("think-train", ["--resume", "--quiet", "--evaluate-every", "4", "-o", out]))
        expectDone(try run("think-train", Self.small + ["-o", scratch.file("whole")]))
        try expectSame(scratch.file("whole"), out)
    }

    @Test func `a run is alone in its folder`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let begin = "think-train \(Self.small.joined(separator: " ")) --steps 100000 -o '\(out)' & p=$!"
        let other = "while [ ! -s '\(out)/log.jsonl' ]; do sleep 0.01; done; think-train --resume -o '\(out)'; s=$?; kill -9 $p; exit $s"
        expectRefused(try shell("\(begin); \(other)"), "think-train", "another run is at work in")
    }

    @Test func `weights that are no numbers are not kept`() throws {
        let scratch = try Scratch(), out = scratch.file("out"), wild = ["--rate", "1e308", "--clip", "0", "--save-every", "1", "-o", out]
        expectRefused(try run("think-train", Self.small + wild), "think-train", "step 1 made weights that are no numbers; the last checkpoint is in")
        let weights = try tensors(in: "\(out)/checkpoint.safetensors").flatMap(\.floats)
        #expect(weights.count > 1000 && weights.allSatisfy(\.isFinite))
        #expect(!names(in: out).contains("model.safetensors"))
    }

    /// Where no file may grow beyond what the tokens and the log take, so that no checkpoint can be written.
    @Test func `a full disk leaves the last checkpoint`() throws {
        let scratch = try Scratch(), out = scratch.file("out"), small = Self.small.joined(separator: " ")
        expectRefused(try shell("trap '' XFSZ; ulimit -f 200; think-train \(small) -o '\(out)'"), "think-train", "file too large")
        #expect(names(in: scratch.path).isEmpty)
        expectDone(try run("think-train", Self.small + ["-o", scratch.file("whole")]))
        let begin = "think-train \(small) --steps 12 --save-every 1 -o '\(out)' & p=$!"
        _ = try shell("\(begin); while [ $(wc -l < '\(out)/log.jsonl' || echo 0) -lt 3 ]; do sleep 0.01; done 2> /dev/null; kill -9 $p; wait $p")
        let before = try bytes(of: "\(out)/checkpoint.safetensors")
        let full = try shell("trap '' XFSZ; ulimit -f 200; think-train --resume --quiet --save-every 1 -o '\(out)'")
        expectRefused(full, "think-train", "file too large")
        #expect(try bytes(of: "\(out)/checkpoint.safetensors") == before)
        expectDone(try run("think-train", ["--resume", "--quiet", "--evaluate-every", "4", "-o", out]))
        try expectSame(scratch.file("whole"), out)
    }

    @Test func `a damaged checkpoint or a lost file is told`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        expectDone(try run("think-train", Self.small + ["--steps", "2", "-o", out]))
        #expect(!names(in: out).contains(".lock"))
        var checkpoint = try bytes(of: "\(out)/checkpoint.safetensors")
        checkpoint[checkpoint.count - 100] ^= 1
        try scratch.write("out/checkpoint.safetensors", checkpoint)
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "is damaged")
        checkpoint[checkpoint.count - 100] ^= 1
        try scratch.write("out/checkpoint.safetensors", checkpoint)
        unlink("\(out)/tokenizer.json")
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "tokenizer.json': no such file")
    }

    @Test func `accumulated batches are one large batch`() throws {
        let scratch = try Scratch(), plain = scratch.file("plain"), parts = scratch.file("parts")
        expectDone(try run("think-train", Self.small + ["--batch", "4", "-o", plain]))
        expectDone(try run("think-train", Self.small + ["--batch", "1", "--accumulate", "4", "-o", parts]))
        let losses = try zip(log(plain), log(parts)).map { ($0["loss"]?.doubleValue, $1["loss"]?.doubleValue) }
        // The first step's are the same sums in another order; later, roundings may flip.
        let (a, b) = (try #require(losses.first?.0), try #require(losses.first?.1))
        #expect(abs(a - b) < 1e-6 * a)
        for (a, b) in losses { if let a, let b { #expect(abs(a - b) < 0.02 * a) } }
    }

    @Test func `what is held out has the loss that the quantised model gives it`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        expectDone(try run("think-train", Self.small + ["--held-out", "0.02", "--evaluate-windows", "1", "-o", out]))
        let last = try #require(try log(out).last { $0["held_out_loss"] != nil })
        let stored = try tensors(in: "\(out)/tokens.safetensors"), tokens = try #require(stored.last).integers.prefix(65)
        let line = "{\"tokens\": [\(tokens.map { "\($0)" }.joined(separator: ","))]}\n"
        expectDone(try run("quantize", ["--quiet", out, "-o", scratch.file("raw")]))
        let scored = try run("infer", ["--json", "--score", scratch.file("raw")], input: .text(line))
        expectDone(scored)
        let logprobs = try JSON(parsing: scored.output)["logprobs"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        #expect(logprobs.count == last["held_out_tokens"]?.intValue)
        let loss = -logprobs.reduce(0, +) / Double(logprobs.count)
        #expect(abs(loss - (last["held_out_loss"]?.doubleValue ?? 0)) < 1e-5)
        let bits = try #require(last["held_out_bits_per_byte"]?.doubleValue), bytes = loss * Double(logprobs.count) / M_LN2 / bits
        #expect(abs(bytes - bytes.rounded()) < 1e-3 && bytes > Double(logprobs.count))
    }

    @Test func `it goes on from a model, and what it learns shows`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let options = ["--data", Self.text, "--steps", "6", "--batch", "2", "--context", "64", "--rate", "1e-3", "--schedule", "constant", "--quiet"]
        expectDone(try run("think-train", [Made.shakespeare.folder] + options + ["-o", out]))
        let losses = try log(out).compactMap { $0["loss"]?.doubleValue }
        #expect(losses.count == 6 && losses[5] < losses[0])
        // The model that it is written as is one to go on from.
        expectDone(try run("think-train", [out] + options + ["-o", scratch.file("more")]))
        #expect(try #require(try log(scratch.file("more")).first?["loss"]?.doubleValue) < losses[0])
    }

    @Test func `a new model learns a tokenizer, or does without one where it has tokens only`() throws {
        let scratch = try Scratch(), out = scratch.file("out"), bare = scratch.file("bare")
        let options = ["--batch", "1", "--context", "32", "--steps", "2", "--quiet", "--new", "matmul-free:layers=1,width=64,vocabulary=300"]
        expectDone(try run("think-train", options + ["--data", Self.text, "-o", out]))
        #expect(names(in: out).contains("tokenizer.json"))
        expectDone(try shell("quantize --quiet '\(out)' | infer --max-tokens 3 - 'The weights'"))
        let lines = (0..<40).map { "{\"tokens\": [\($0), \($0 + 1), \($0 + 2)]}\n" }.joined()
        expectDone(try run("think-train", options + ["--data", scratch.write("x.jsonl", lines), "-o", bare]))
        #expect(!names(in: bare).contains("tokenizer.json"))
        expectRefused(try run("think-train", [bare, "--data", Self.text, "-o", scratch.file("more")]), "think-train", "has no tokenizer")
        #expect(scratch.contents == ["bare", "out", "x.jsonl"])
    }

    @Test func `a twin of floats is trained, and run`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let options = ["--batch", "1", "--context", "32", "--steps", "3", "--quiet", "--data", Self.text]
        expectDone(try run("think-train", options + ["--new", "matmul-free:layers=1,width=64,vocabulary=300,float=true", "-o", out]))
        let graph = try run("infer", ["--graph", out])
        expectDone(graph)
        #expect(graph.lines.contains { $0.contains("linear") } && !graph.lines.contains { $0.contains("ternary") || $0.contains("quantise") })
        expectDone(try run("infer", [out, "The weights", "--max-tokens", "3"]))
    }

    @Test(arguments: [
        "matmul-free:layers=1,width=64", "bitnet:layers=1,width=64,kv-heads=2", "llama:layers=1,width=64,tied=true",
        "llama:type=qwen3,layers=1,width=64", "ttt:layers=1,width=64",
        "ttt:layers=1,width=64,inner=mlp,backbone=mamba,mini-batch=5",
    ])
    func `a model of each family is begun, learns, and runs`(_ family: String) throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let options = ["--batch", "4", "--context", "32", "--steps", "8", "--rate", "3e-3", "--quiet", "--data", Self.text]
        expectDone(try run("think-train", options + ["--new", family + ",vocabulary=300", "-o", out]))
        let losses = try log(out).compactMap { $0["loss"]?.doubleValue }
        // Some batches are harder than others.
        #expect(losses.count == 8 && (losses.suffix(3).min() ?? .infinity) < losses[0] - 0.2, "\(losses)")
        expectDone(try shell("quantize --quiet '\(out)' | pack | infer --max-tokens 3 - 'The weights'"))
    }

    @Test func `a loss that is no number ends the run and leaves its checkpoint`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        let wild = Self.small + ["--rate", "1e30", "--clip", "0", "-o", out]
        let outcome = try run("think-train", wild)
        expectRefused(outcome, "think-train", "the last checkpoint is in")
        #expect(outcome.errors.contains("the loss of step"))
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "the loss of step")
        #expect(!names(in: out).contains("model.safetensors"))
    }

    @Test func `a run is not begun over, nor gone on with otherwise`() throws {
        let scratch = try Scratch(), out = scratch.file("out")
        expectDone(try run("think-train", Self.small + ["-o", out]))
        let before = try MappedFile.contents("\(out)/checkpoint.safetensors")
        expectRefused(try run("think-train", Self.small + ["-o", out]), "think-train", "holds a run already")
        #expect(!names(in: out).contains(".lock"))
        for (option, value, fact) in [("--rate", "0.5", "0.001 as rate, not with 0.5"), ("--steps", "13", "12 as steps"), ("--data", "other", "as data")] {
            expectRefused(try run("think-train", ["--resume", "-o", out, option, value]), "think-train", fact)
        }
        expectDone(try run("think-train", Self.small + ["-o", out, "--resume"]))
        #expect(try MappedFile.contents("\(out)/checkpoint.safetensors") == before)
    }

    @Test func `built without MPI, it does not let several processes loose on a folder`() throws {
        let scratch = try Scratch(), options = Self.small + ["-o", scratch.file("out")]
        let outcomes = try ["0", "1"].map { rank in
            try run("think-train", options, environment: ["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": rank])
        }
        expectRefused(outcomes[0], "think-train", "2 processes were started, but this program was built without MPI")
        expectDone(outcomes[1])
        #expect(outcomes[1].errors == "" && scratch.contents == [])
    }
}
