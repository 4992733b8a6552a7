import Basis
import Support
import TestFiles
import Testing

/// think-train --method star as a user runs it.
@Suite struct StarTrainingTests {
    private let world: StarWorld
    private let scratch: Scratch

    init() throws { (world, scratch) = (try StarWorld.made.get(), try Scratch()) }

    private func options(_ method: String = "rounds=3", model: String? = nil) -> [String] {
        [
            model ?? world.base, "--method", "star:marker=#\(StarWorld.marker),length=10,\(method)", "--data", world.questions, "--held-out", "0.25",
            "--steps", "12", "--context", "32", "--batch", "8", "--rate", "1e-3", "--save-every", "3", "--evaluate-every", "5", "--quiet",
        ]
    }

    private func lines(_ path: String) throws -> [JSON] {
        try MappedFile.contents(path).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    }

    private func log(_ folder: String) throws -> [JSON] {
        try lines("\(folder)/log.jsonl").map { line in
            var object = line.objectValue ?? JSONObject()
            object["seconds"] = nil
            return .object(object)
        }
    }

    private func tokens(_ list: JSON?) -> [Int32] { (list?.arrayValue ?? []).map { Int32($0.intValue ?? -1) } }

    private func number(_ key: String, _ line: JSON) -> Double { line[key]?.doubleValue ?? .nan }

    /// Names of what a run leaves but its checkpoint and its log; a killed one may leave a file that had no name yet.
    private func left(in folder: String) -> [String] {
        names(in: folder).filter { !$0.hasPrefix(".") && $0 != "log.jsonl" && $0 != "checkpoint.safetensors" }
    }

    private func expectSame(_ a: String, _ b: String, _ what: String = "") throws {
        let files = left(in: a)
        #expect(left(in: b) == files && files.count > 10, "\(what): \(left(in: b))")
        for file in files { #expect(try MappedFile.contents("\(a)/\(file)") == MappedFile.contents("\(b)/\(file)"), "\(file) \(what)") }
        #expect(try log(a) == log(b), "\(what)")
    }

    @Test func `it learns to answer what it could not`() throws {
        let out = scratch.file("out")
        expectDone(try run("think-train", options() + ["--steps", "20", "-o", out]))
        let rounds = try log(out).filter { $0["round"] != nil }, last = try #require(try log(out).last)
        #expect(rounds.map { $0["round"]?.intValue } == [1, 2, 3] && rounds.map { $0["step"]?.intValue } == [0, 20, 44])
        #expect(last["step"]?.intValue == 72 && number("held_out_questions", last) == number("held_out_questions", rounds[0]))
        #expect(number("held_out_right", rounds[0]) < 0.6 && number("right", rounds[0]) < 0.6 * number("questions", rounds[0]))
        #expect(number("rationalised", rounds[0]) > 0 && number("right", rounds[2]) > 0.9 * number("questions", rounds[2]))
        #expect(number("held_out_right", last) > 0.9)
        for line in rounds { #expect(number("documents", line) == number("right", line) + number("rationalised", line)) }
        // What infer says then is what was counted.
        let questions = try lines("\(out)/held-out.jsonl")
        let said = try answers(out, questions.map { request(tokens($0["prompt"]), ["temperature": 0, "max_tokens": 10]) })
        let right = zip(questions, said).count { question, said in
            let end = [Int32(StarWorld.marker)] + tokens(question["answer"]) + [0]
            return said.tokens.suffix(end.count) == end[...]
        }
        #expect(Double(right) == (number("held_out_right", last) * Double(questions.count)).rounded())
    }

    @Test func `a round learns from the questions, the rationales and the answers, and from nothing else`() throws {
        let out = scratch.file("out")
        expectDone(try run("think-train", options("rounds=1") + ["-o", out]))
        let questions = try lines("\(out)/questions.jsonl"), lines = try lines("\(out)/rationales-1.jsonl")
        #expect(lines.contains { $0["hinted"] == true } && lines.contains { $0["hinted"] == false })
        for line in lines {
            let question = questions[(line["question"]?.intValue ?? 0) - 1], document = tokens(line["tokens"])
            #expect(document.starts(with: tokens(question["prompt"])))
            #expect(Array(document.suffix(2)) == [Int32(StarWorld.marker)] + tokens(question["answer"]))
        }
        let learnt = try #require(try tensors(in: "\(out)/tokens-1.safetensors").first { $0.name == "tokens" })
        #expect(learnt.integers == lines.flatMap { tokens($0["tokens"]) + [0] })
    }

    @Test func `a round is a run of its own from the base model`() throws {
        let out = scratch.file("out"), plain = scratch.file("plain")
        expectDone(try run("think-train", options("rounds=2") + ["-o", out]))
        let lm = ["--method", "lm", "--data", "\(out)/rationales-2.jsonl", "--held-out", "0", "--steps", "14", "-o", plain]
        let shared = ["--context", "32", "--batch", "8", "--rate", "1e-3", "--quiet"]
        expectDone(try run("think-train", [world.base] + lm + shared))
        #expect(try MappedFile.contents("\(out)/model.safetensors") == MappedFile.contents("\(plain)/model.safetensors"))
    }

    @Test func `the threads do not change the result`() throws {
        for threads in ["1", "2", "3"] {
            expectDone(try run("think-train", options("rounds=3,temperature=0.5") + ["-o", scratch.file(threads), "--threads", threads]))
        }
        for threads in ["2", "3"] { try expectSame(scratch.file("1"), scratch.file(threads)) }
    }

    @Test func `a run that is killed again and again ends as one that is not`() throws {
        let long = options() + ["--steps", "40"]
        let whole = scratch.file("whole"), broken = scratch.file("broken")
        expectDone(try run("think-train", long + ["-o", whole]))
        let kills = try killAgainAndAgain(long, into: broken)
        #expect(kills >= 10)
        try expectSame(whole, broken, "after \(kills) kills")
    }

    @Test func `what a run logged that was killed before its first checkpoint is not kept`() throws {
        let out = scratch.folder("out")
        try scratch.write("out/.lock", "")
        try scratch.write("out/log.jsonl", "{\"step\":0,\"round\":1,\"questions\":7}\n")
        expectDone(try run("think-train", options("rounds=1") + ["-o", out]))
        #expect(try log(out).map { $0["step"]?.intValue } == [0] + Array(1...5) + [5] + Array(6...10) + [10, 11, 12, 12, 12])
    }

    /// A run that was asked to stop within its first rounds of many.
    private func stopped(_ name: String) throws -> String {
        let out = scratch.file(name), line = options("rounds=200").joined(separator: " ")
        let wait = "until grep -q loss '\(out)/log.jsonl' 2>/dev/null; do sleep 0.01; done; kill -TERM $p; wait $p"
        let outcome = try shell("think-train \(line) -o '\(out)' & p=$!; \(wait)")
        #expect(outcome.status == 2 && outcome.errors.contains("--resume goes on"), "\(outcome.errors)")
        return out
    }

    @Test func `asked to stop, it leaves a checkpoint to go on from`() throws {
        let out = try stopped("out"), before = try log(out)
        let line = "think-train --resume --quiet -o '\(out)' & p=$!; sleep 0.5; kill -TERM $p; wait $p"
        #expect(try shell(line).errors.contains("--resume goes on"))
        let after = try log(out)
        #expect(after.count > before.count && Array(after.prefix(before.count)) == before)
    }

    @Test func `what a run goes on with has to be what it was`() throws {
        let out = try stopped("out")
        for (file, fact) in [("questions.jsonl", "is not what the run began with"), ("held-out.jsonl", "is not"), ("base.safetensors", "is not")] {
            let copy = try scratch.copy(of: out, as: "damaged-\(file)")
            try damage("\(copy)/\(file)", as: "damaged-\(file)/\(file)")
            expectRefused(try run("think-train", ["--resume", "--quiet", "-o", copy]), "think-train", fact, file)
            expectDone(try run("/bin/rm", ["\(copy)/\(file)"]))
            expectRefused(try run("think-train", ["--resume", "--quiet", "-o", copy]), "think-train", "no such file", file)
        }
    }

    @Test func `a round goes on with the rationales that it began with`() throws {
        let out = scratch.file("out")
        expectDone(try run("think-train", options("rounds=2") + ["-o", out]))
        let before = try MappedFile.contents("\(out)/model.safetensors")
        expectDone(try run("think-train", ["--resume", "--quiet", "-o", out]))
        #expect(try MappedFile.contents("\(out)/model.safetensors") == before)
        try damage("\(out)/tokens-2.safetensors", as: "out/tokens-2.safetensors")
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "tokens-2.safetensors' is not what the run began with")
        expectDone(try run("/bin/rm", ["\(out)/tokens-2.safetensors"]))
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "cannot open '\(out)/tokens-2.safetensors'")
    }

    /// Changes the last digit, or the last byte.
    private func damage(_ path: String, as name: String) throws {
        var bytes = try MappedFile.contents(path)
        let place = bytes.lastIndex { (0x30...0x39).contains($0) } ?? bytes.count - 1
        if bytes.count > place { bytes[path.hasSuffix("l") ? place : bytes.count - 4] ^= 1 }
        try scratch.write(name, bytes)
    }

    @Test func `without a right answer there is nothing to learn`() throws {
        let hopeless = try scratch.write("x.jsonl", "{\"prompt\": [6, 22, 1], \"answer\": [3, 3, 3]}\n"), out = scratch.file("out")
        let line = [world.base, "--method", "star:marker=#5", "--data", hopeless, "--held-out", "0", "--context", "32", "--quiet", "-o", out]
        expectRefused(try run("think-train", line), "think-train", "none of 1 questions was answered rightly in round 1")
        #expect(scratch.contents == ["x.jsonl"])
    }

    /// A rate that spoils the model: in the second round it says nothing right any more.
    @Test func `a later round without one leaves the last checkpoint`() throws {
        let out = scratch.file("out"), line = options() + ["--rate", "3", "--steps", "3", "-o", out]
        expectRefused(try run("think-train", line), "think-train", "in round 2: there is nothing to learn; the last checkpoint is in '\(out)'")
        let before = try MappedFile.contents("\(out)/checkpoint.safetensors")
        expectRefused(try run("think-train", ["--resume", "--quiet", "-o", out]), "think-train", "in round 2")
        #expect(try MappedFile.contents("\(out)/checkpoint.safetensors") == before)
    }

    @Test func `a model without an end of text cannot be taught so`() throws {
        let outcome = try run("think-train", options(model: world.endless) + ["-o", scratch.file("out")])
        expectRefused(outcome, "think-train", "no end-of-text token for an answer to end with")
        #expect(scratch.contents == [])
    }
}
