import Basis
import Glibc
import Support
import TestFiles
import Testing

/// A think-train that was built with MPI, as `make mpi` builds it.
private let program = getenv("TERN_MPI_THINK_TRAIN").map { String(cString: $0) }

/// think-train as mpirun starts it, where TERN_MPI_THINK_TRAIN names one that can be started so.
@Suite(.enabled(if: program != nil)) struct SeveralProcessesTests {
    private static let common = ["--data", "\(Programs.package)/LICENSE", "--context", "64", "--rate", "2e-3", "--quiet"]
    /// Of floats, where no rounding tips; small enough for hundreds of steps a second.
    private static let floats = ["--new", "llama:layers=2,width=64,vocabulary=300", "--batch", "5"]
    private static let trits = ["--new", "matmul-free:layers=2,width=64,vocabulary=300", "--batch", "4"]

    /// A line of shell in which `together` runs two processes, each of which leaves its number in a file. Asked to stop, they have `time`
    /// seconds for it, which mpirun lets pass to the end.
    private func several(_ line: String, time: Int = 1) throws -> Outcome {
        let words = "mpirun --quiet --oversubscribe --mca odls_base_sigkill_timeout \(time) -n 2"
            + " sh -c 'echo $$ > pid.$OMPI_COMM_WORLD_RANK; exec \"$0\" \"$@\"' \(program ?? "")"
        let environment = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
        return try shell("together() { exec \(words) \"$@\"; }; \(line)", environment: environment, folder: scratch.path, seconds: 120)
    }

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func together(_ arguments: [String]) throws -> Outcome { try several("together \(arguments.joined(separator: " "))") }
    private func alone(_ arguments: [String]) throws -> Outcome { try run("think-train", arguments, folder: scratch.path) }

    private func log(_ folder: String) throws -> [JSON] {
        try MappedFile.contents(scratch.file("\(folder)/log.jsonl")).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    }

    private func losses(_ folder: String) throws -> [Double] { try log(folder).compactMap { $0["loss"]?.doubleValue } }

    /// The largest difference of two curves, relative.
    private func difference(_ a: [Double], _ b: [Double]) -> Double {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) / abs($1) }.max() ?? 1 : 1
    }

    /// ‖a - b‖ / ‖b‖ of all weights.
    private func distance(_ a: String, _ b: String) throws -> Double {
        let (a, b) = (try weights(a), try weights(b))
        func size(_ x: [Float]) -> Double { x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
        return a.count == b.count ? size(zip(a, b).map { $0 - $1 }) / size(b) : 1
    }

    private func weights(_ folder: String) throws -> [Float] {
        try tensors(in: scratch.file("\(folder)/model.safetensors")).flatMap(\.floats)
    }

    @Test(arguments: ["lm", "quiet-star:tokens=2,thoughts=2,ahead=2,start=#5,end=#6"])
    func `two processes go the way of one`(_ method: String) throws {
        let options = Self.common + Self.floats + ["--steps", "10", "--evaluate-every", "5", "--method", method]
        expectDone(try alone(options + ["-o", "one"]))
        expectDone(try together(options + ["-o", "two"]))
        #expect(try losses("one").count == 10 && difference(losses("two"), losses("one")) < 1e-5)
        let heldOut = try ["two", "one"].map { try log($0).compactMap { $0["held_out_loss"]?.doubleValue } }
        #expect(heldOut[1].count == 2 && difference(heldOut[0], heldOut[1]) < 1e-5)
        #expect(try distance("two", "one") < 1e-3)
        #expect(try losses("one")[9] < losses("one")[0])
    }

    @Test func `where numbers are rounded on the way, they go the same way for a while`() throws {
        let options = Self.common + Self.trits + ["--steps", "8"]
        expectDone(try alone(options + ["-o", "one"]))
        expectDone(try alone(options + ["--batch", "2", "--accumulate", "2", "-o", "parts"]))
        expectDone(try together(options + ["-o", "two"]))
        let (one, parts, two) = (try losses("one"), try losses("parts"), try losses("two"))
        #expect(abs(two[0] - one[0]) < 1e-9 && difference(two, one) < 5e-3)
        // What is rounded by the largest number of a pass is rounded alike where the passes are as large, until an activation tips.
        #expect(difference(Array(two[..<2]), Array(parts[..<2])) < 1e-6)
    }

    @Test func `one process asks, and all learn of the answers`() throws {
        let world = try StarWorld.made.get()
        let options = [
            world.base, "--method", "star:marker=#\(StarWorld.marker),length=10,rounds=2", "--data", world.questions, "--steps", "6", "--context",
            "32", "--batch", "4", "--rate", "1e-3", "--quiet",
        ]
        expectDone(try alone(options + ["-o", "one"]))
        expectDone(try together(options + ["-o", "two"]))
        #expect(try bytes(of: scratch.file("two/rationales-1.jsonl")) == bytes(of: scratch.file("one/rationales-1.jsonl")))
        #expect(try losses("one").count == 13 && difference(losses("two"), losses("one")) < 0.05)
        let rounds = try log("two").filter { $0["round"] != nil }
        #expect(rounds.map { $0["round"]?.intValue } == [1, 2] && rounds.allSatisfy { ($0["documents"]?.intValue ?? 0) > 0 })
        #expect(try log("two").last?["held_out_right"] != nil)
    }

    /// Starts a long run together, and does something to it once it is under way.
    private func interrupted(_ options: [String], by line: String) throws -> Outcome {
        let wait = "while [ ! -s out/log.jsonl ]; do sleep 0.01; done"
        _ = try shell("rm -rf out", folder: scratch.path)
        return try several("(together \(options.joined(separator: " "))) & p=$!; \(wait); \(line); wait $p", time: 3)
    }

    /// What a run of which only the first checkpoint was to be written left leads to the same end with one process or two. It is as new,
    /// unless that may be `late`, where the process is lost that writes.
    private func expectTheSameEnd(_ options: [String], mayBeLate late: Bool = false) throws {
        let steps = try losses("out").count
        #expect((1..<Self.steps).contains(steps), "\(steps)")
        let checkpoint = String(decoding: try MappedFile.contents(scratch.file("out/checkpoint.safetensors")).prefix(4096), as: UTF8.self)
        let isAsNew = [steps, late ? 0 : steps].contains { checkpoint.contains(#"step\":\#($0),"#) }
        #expect(isAsNew, "not after step \(steps)")
        _ = try scratch.copy(of: scratch.file("out"), as: "copy")
        expectDone(try alone(["--resume", "--quiet", "-o", "copy"]))
        expectDone(try together(["--resume", "--quiet", "-o", "out"]))
        expectDone(try alone(options + ["-o", "whole"]))
        for folder in ["copy", "out"] {
            #expect(try losses(folder).count == Self.steps)
            #expect(try difference(losses(folder), losses("whole")) < 1e-3)
            #expect(try distance(folder, "whole") < 2e-2)
        }
    }

    private static let steps = 400
    private static let long = common + floats + ["--steps", "\(steps)", "--save-every", "1000000", "--evaluate-every", "0"]

    @Test(arguments: [0, 1]) func `a lost process ends the job with a checkpoint`(_ victim: Int) throws {
        let outcome = try interrupted(Self.long + ["-o", "out"], by: "kill -9 $(cat pid.\(victim))")
        #expect(outcome.status != 0)
        // What the first says is lost with it.
        let told = outcome.errors.contains("think-train: another process was lost after step")
        #expect(told == (victim == 1) && outcome.errorLines.count <= 1, "\(outcome.errors)")
        try expectTheSameEnd(Self.long, mayBeLate: victim == 0)
    }

    @Test func `asked to stop, all stop after the same step`() throws {
        var outcome = try interrupted(Self.long + ["-o", "out"], by: "kill -TERM $p")
        // mpirun may lose the signal while it still starts; then nobody was asked.
        for _ in 0..<2 where try losses("out").count == Self.steps {
            outcome = try interrupted(Self.long + ["-o", "out"], by: "kill -TERM $p")
        }
        #expect(outcome.status != 0 && outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("--resume goes on") && outcome.errors.contains("think-train: stopped after step"))
        try expectTheSameEnd(Self.long)
    }

    @Test(arguments: [
        (["--data", "/nowhere/x", "--new", "llama:vocabulary=300", "-o", "out"], 2, "cannot open '/nowhere/x'"),
        (common + floats + ["--batch", "1", "-o", "out"], 2, "2 processes cannot share a batch of 1 windows"),
        (common + floats + ["--rate", "1e30", "--clip", "0", "-o", "wild"], 2, "the loss of step"),
        (common + floats + ["--resume", "--method", "magic", "-o", "out"], 2, "there is no method 'magic'"),
        (common + floats + ["--bogus", "-o", "out"], 64, "--bogus"), (common + ["-o", "out"], 64, "or --new in its place"),
    ] as [([String], Int32, String)])
    func `one line says what is wrong`(_ arguments: [String], _ status: Int32, _ fact: String) throws {
        expectRefused(try together(arguments), "think-train", status: status, fact)
        #expect(names(in: scratch.path).filter { !$0.hasPrefix("pid.") && $0 != "wild" } == [])
    }

    @Test func `a run that is there is left alone`() throws {
        let options = Self.common + Self.floats + ["--steps", "1", "-o", "out"]
        expectDone(try together(options))
        let before = try bytes(of: scratch.file("out/checkpoint.safetensors"))
        expectRefused(try together(options), "think-train", "holds a run already")
        #expect(try bytes(of: scratch.file("out/checkpoint.safetensors")) == before)
    }

    @Test func `help is printed once`() throws {
        let outcome = try together(["--help"])
        expectDone(outcome)
        #expect(outcome.lines.count { $0.hasPrefix("USAGE: think-train") } == 1)
    }

    @Test func `built with MPI, it works alone as well`() throws {
        let options = Self.common + Self.trits + ["--steps", "3"]
        expectDone(try run(program ?? "", options + ["-o", "with"], folder: scratch.path))
        expectDone(try alone(options + ["-o", "without"]))
        #expect(try bytes(of: scratch.file("with/model.safetensors")) == bytes(of: scratch.file("without/model.safetensors")))
    }
}
