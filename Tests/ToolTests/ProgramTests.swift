import Basis
import Support
import Tensors
import TestFiles
import Testing

/// What every program does.
@Suite struct ProgramTests {
    @Test(arguments: ["quantize", "pack", "infer", "bench", "sim-hw"]) func `help and version go to standard output`(_ program: String) throws {
        let help = try run(program, ["--help"])
        expectDone(help)
        #expect(help.text.contains("USAGE: \(program)") && help.errors == "")
        let version = try run(program, ["--version"])
        expectDone(version)
        #expect(version.lines.count == 1 && version.lines[0].split(separator: ".").count == 3 && version.errors == "")
    }

    @Test func `quiet programs say nothing, others what became of the size`() throws {
        let made = try Made.tiny
        for (program, model) in [("quantize", made.folder), ("pack", made.raw)] {
            let told = try run(program, [model]), quiet = try run(program, [model, "--quiet"])
            #expect(told.errorLines.count == 1 && told.errors.contains("698304 weights, ") && told.errors.hasSuffix(" bits a weight\n"))
            #expect(quiet.errors == "" && quiet.output == told.output)
        }
    }

    @Test(arguments: Made.all) func `the graph is printed in three forms, the same from every form of the model`(_ made: Made) throws {
        for form in ["--graph", "--graph=text", "--graph=dot", "--graph=json"] {
            let expected = try run("infer", [made.folder, form])
            expectDone(expected)
            for model in [made.packed, made.raw, made.manifest] { #expect(try run("infer", [model, form]).output == expected.output) }
            #expect(try run("infer", ["-", form], input: .file(made.packed)).output == expected.output)
        }
        #expect(try run("infer", [made.packed, "--graph"]).output == run("infer", [made.packed, "--graph=text"]).output)
        let text = try run("infer", [made.packed, "--graph"]), json = try JSON(parsing: run("infer", [made.packed, "--graph=json"]).output)
        #expect(json["nodes"]?.arrayValue?.count == text.lines.count)
        #expect(text.lines.last?.hasSuffix("lm_head") == true && (text.text.contains("recurrence") || text.text.contains("attention")))
        #expect(try run("infer", [made.packed, "--graph=dot"]).text.hasPrefix("digraph"))
    }

    @Test func `the self-test passes, and names every level that this machine has`() throws {
        let outcome = try run("infer", ["--self-test"])
        expectDone(outcome)
        #expect(outcome.errors == "")
        for level in KernelLevel.available { #expect(outcome.text.contains(level.rawValue)) }
        let checks = try run("infer", ["--self-test", "--json"]).lines.map { try JSON(parsing: $0) }
        #expect(checks.count == outcome.lines.count && checks.allSatisfy { $0["passed"] == true })
    }

    @Test func `what is written with -o replaces a file, also through a link, and is readable as others are`() throws {
        let made = try Made.tiny, scratch = try Scratch()
        try scratch.write("x", "before")
        let line = "ln -s x link && umask 022 && pack '\(made.raw)' -o link && test -L link && test \"$(stat -c %a x)\" = 644"
        try expectDone(shell(line, folder: scratch.path))
        #expect(try bytes(of: scratch.file("x")) == bytes(of: made.packed))
        #expect(names(in: scratch.path) == ["link", "x"])
    }
}
