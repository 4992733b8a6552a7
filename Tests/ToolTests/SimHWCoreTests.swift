import Basis
import Support
import TestFiles
import Testing

/// What `sim-hw` says of cores: cycles, exact numbers, programs and Verilog.
@Suite struct SimHWCoreTests {
    private static let english = "\(Programs.package)/Models/english"

    private func json(_ arguments: [String], status: Int32 = 0) throws -> JSON {
        let outcome = try run("sim-hw", arguments)
        #expect(outcome.status == status && outcome.errors == "" && outcome.lines.count == 1, "\(arguments): \(outcome.errors)")
        return try JSON(parsing: outcome.text)
    }

    private static let hasVerilator = (try? shell("command -v verilator").status) == 0

    private func integer(_ json: JSON, _ key: String) throws -> Int { try #require(json[key]?.intValue, "\(key)") }

    private func integers(_ json: JSON, _ key: String) throws -> [String: Int] {
        let members = try #require(json[key]?.objectValue, "\(key)").members
        return try Dictionary(uniqueKeysWithValues: members.map { ($0.key, try #require($0.value.intValue, "\(key).\($0.key)")) })
    }

    // Cycles.

    private func cycle(_ device: String) -> [String] { ["run", "--fidelity", "cycle", Self.english, "--device", device] }

    @Test(arguments: ["d5005", "arty-a7-35t"]) func `a token's cycles are those of its nodes`(_ device: String) throws {
        let json = try json(cycle(device) + ["--json"]), text = try run("sim-hw", cycle(device)), cycles = try integer(json, "cycles")
        expectDone(text)
        #expect(json["device"]?.stringValue == device && json["fidelity"] == "cycle")
        let nodes = try #require(json["nodes"]?.arrayValue)
        #expect(try nodes.map { try integer($0, "cycles") }.reduce(0, +) == cycles && cycles > 0)
        #expect(Set(nodes.compactMap { $0["name"]?.stringValue }).count == nodes.count)
        let clock = try #require(json["clock"]?.doubleValue), seconds = try #require(json["token_seconds"]?.doubleValue)
        #expect((seconds * clock / Double(cycles) - 1).magnitude < 1e-12)
        let lines = ["device", "program", "token", "speed", "port", "unit", "layer, each", "instructions wait for", "energy"]
        for line in lines {
            #expect(text.lines.contains { $0.hasPrefix(line + " ") }, "\(line)")
        }
        let instructions = try integer(json, "instructions")
        #expect(text.text.contains(" \(cycles) cycles, ") && text.text.contains(" \(instructions) instructions"))
    }

    @Test func `units are busy for as long as the trace shows, and waits are those of its instructions`() throws {
        let scratch = try Scratch(), file = scratch.file("trace.json")
        let json = try json(cycle("d5005") + ["--json", "--trace", file]), events = try trace(file)
        let clock = try #require(json["clock"]?.doubleValue), cycles = try integer(json, "cycles")
        func counted(_ event: JSON, _ key: String) -> Int { Int(((event[key]?.doubleValue ?? 0) * clock / 1e6).rounded()) }
        var busy: [String: Int] = [:], ends: [Int: Int] = [:]
        for event in events {
            #expect(event["ph"] == "X" && event["pid"] == 1 && event["name"]?.stringValue?.isEmpty == false)
            let unit = try #require(event["cat"]?.stringValue), thread = try integer(event, "tid"), start = counted(event, "ts")
            // A unit does one thing after another.
            #expect(start >= ends[thread] ?? 0)
            ends[thread] = start + counted(event, "dur")
            busy[unit, default: 0] += counted(event, "dur")
        }
        #expect(ends.values.max() == cycles)
        #expect(try integers(json, "busy_cycles").filter { $0.value > 0 } == busy)
        #expect(busy.values.allSatisfy { $0 <= cycles })
        let waited = try events.map { try integer($0["args"] ?? .null, "waited") }.reduce(0, +)
        let port = try events.map { try integer($0["args"] ?? .null, "port") }.reduce(0, +)
        let waits = try integers(json, "waited_cycles")
        #expect(waited == (waits["register"] ?? 0) + (waits["unit"] ?? 0) && port == waits["port"])
        // All but the last instruction, which no unit does.
        #expect(try [0, 1].contains(integer(json, "instructions") - events.count))
    }

    private func trace(_ file: String) throws -> [JSON] {
        try #require(JSON(parsing: bytes(of: file))["traceEvents"]?.arrayValue)
    }

    @Test(arguments: ["cycle", "exact"]) func `a device without a core is refused`(_ fidelity: String) throws {
        let outcome = try run("sim-hw", ["run", "--fidelity", fidelity, Self.english, "--device", "h100"])
        expectRefused(outcome, "sim-hw", "device 'h100' has no 'core'")
        #expect(outcome.output == [])
    }

    // Exact numbers.

    private let exact = ["run", "--fidelity", "exact", "--tokens", "2", "--device", "d5005"]

    @Test func `a core's numbers are those of infer`() throws {
        let json = try json(exact + [Self.english, "--json"]), text = try run("sim-hw", exact + [Self.english])
        for key in ["different_activations", "different_sums", "overflows", "different_logits"] { #expect(json[key] == 0, "\(key)") }
        for key in ["products", "activations", "sums", "cycles"] { #expect(try integer(json, key) > 0, "\(key)") }
        #expect(json["tokens"] == 2 && json["fidelity"] == "exact")
        expectDone(text)
        #expect(!text.text.contains("NOT") && text.text.contains(" 0 too wide for the accumulator"))
    }

    @Test func `an accumulator that is too narrow is noticed`() throws {
        let narrow = exact + [Self.english, "--set", "core.ternary.accumulator=9"]
        let json = try json(narrow + ["--json"], status: 1), text = try run("sim-hw", narrow)
        for key in ["overflows", "different_sums"] { #expect(try integer(json, key) > 0, "\(key)") }
        #expect(try integer(json, "different_sums") <= integer(json, "sums"))
        #expect(text.status == 1 && text.errors == "")
        let sums = try #require(text.lines.first { $0.hasPrefix("sums ") })
        #expect(try sums.contains("\(integer(json, "different_sums")) NOT as infer has them"))
        #expect(try sums.contains("\(integer(json, "overflows")) too wide"))
    }

    @Test func `weights on standard input cannot be read twice`() throws {
        let packed = try Made.tiny.packed, scratch = try Scratch(), folder = scratch.file("rtl")
        try expectRefused(run("sim-hw", exact + ["-"], input: .file(packed)), "sim-hw", "not standard input")
        try expectRefused(run("sim-hw", exact + ["-"], input: .bytes(bytes(of: packed))), "sim-hw", "not standard input")
        try expectRefused(run("sim-hw", ["rtl", "-", "--no-run", "-o", folder], input: .file(packed)), "sim-hw", "not standard input")
        #expect(names(in: scratch.path) == [])
    }

    // Programs.

    @Test func `a program that is printed is assembled again`() throws {
        let made = ["program", Self.english, "--device", "d5005"], text = try run("sim-hw", made)
        expectDone(text)
        for form in [[], ["--hex"], ["--timing"]] {
            let first = try run("sim-hw", made + form)
            let again = try run("sim-hw", ["program", "--assemble", "-", "--device", "d5005"] + form, input: .bytes(text.output))
            expectDone(first)
            expectDone(again)
            #expect(first.output == again.output && !first.output.isEmpty, "\(form)")
        }
        let hex = try run("sim-hw", made + ["--hex"]).lines, json = try json(cycle("d5005") + ["--json"])
        #expect(hex.allSatisfy { $0.utf8.count == 16 && UInt64($0, radix: 16) != nil })
        #expect(try hex.count >= integer(json, "instructions"))
    }

    private static let badPrograms = [
        (".equ a, b\n.equ b, a\nHALT\n", "line 1: the labels 'a' -> 'b' -> 'a' go round in a circle"),
        ("HALT\nFROB r0\n", "line 2: there is no instruction 'FROB'"),
        ("HALT\n\nROW.add r0, r9999, r1, 4\n", "line 3: "), ("HALT\nROW.add r0, x1, r1, 4\n", "line 2: 'x1' is no register"),
        // One that a program may have, but this core has not.
        ("HALT\nROW.add r0, r9, r1, 4\n", "instruction 1, ROW.add: the core has 8 registers, no r9"),
    ]

    @Test(arguments: badPrograms) func `a bad program is told by its line`(_ program: String, _ fact: String) throws {
        for form in [["--hex"], ["--timing"], []] {
            let outcome = try run("sim-hw", ["program", "--assemble", "-", "--device", "d5005"] + form, input: .text(program))
            expectRefused(outcome, "sim-hw", fact, "\(form)")
            #expect(outcome.output == [])
        }
    }

    // Verilog.

    @Test func `a folder of Verilog is written, and nothing claimed of what did not run`() throws {
        let scratch = try Scratch(), folder = scratch.file("rtl")
        let arguments = ["rtl", try Made.tiny.packed, "--no-run", "-o", folder, "--json"], json = try json(arguments)
        let wanted: Set = [
            "ternary_unit.v", "main.cpp", "testbench.v", "area.ys", "Makefile", "README.md", "activations.hex", "words.hex", "sums.hex",
            "program.s", "program.hex",
        ]
        #expect(Set(names(in: folder)) == wanted)
        #expect(json["holds"] == .null && json["area"] == .null)
        let runs = try #require(json["runs"]?.arrayValue)
        #expect(runs.count == 2)
        for run in runs {
            #expect(try integer(run, "model_cycles") > 0)
            #expect(run["cycles"] == .null && run["mismatches"] == .null)
        }
        let words = String(decoding: try bytes(of: "\(folder)/words.hex"), as: UTF8.self).split(separator: "\n")
        #expect(try words.count == integer(json, "words"))
        let program = try run("sim-hw", ["program", Made.tiny.packed, "--device", "d5005"])
        #expect(try bytes(of: "\(folder)/program.s") == program.output)
        // An earlier one is replaced.
        #expect(try self.json(arguments) == json)
    }

    @Test func `a folder that holds something else is left alone, and so is one for no layer`() throws {
        let scratch = try Scratch(), model = try Made.tiny.packed, folder = scratch.folder("other")
        try scratch.write("other/mine", "mine")
        try expectRefused(run("sim-hw", ["rtl", model, "--no-run", "-o", folder]), "sim-hw", "holds something else")
        #expect(names(in: folder) == ["mine"])
        let outcome = try run("sim-hw", ["rtl", model, "--no-run", "-o", scratch.file("new"), "--layer", "frobs"])
        expectRefused(outcome, "sim-hw", "no ternary matrix 'frobs'; it has model.layers.0.attn.i_proj.weight, ")
        #expect(names(in: scratch.path) == ["other"])
    }

    @Test(.enabled(if: hasVerilator, "there is no verilator in the PATH"))
    func `Verilog of a real layer takes the cycles that the model says, and has no wrong sum`() throws {
        let scratch = try Scratch(), unit = ["--lanes", "8", "--columns", "3", "--bits", "1.6"]
        let outcome = try run("sim-hw", ["rtl", Made.tiny.packed, "-o", scratch.file("rtl"), "--json", "--quiet"] + unit)
        expectDone(outcome)
        let json = try JSON(parsing: outcome.text), runs = try #require(json["runs"]?.arrayValue)
        #expect(json["lanes"] == 8 && json["columns"] == 3 && json["packing"] == "1.6" && json["holds"] == true)
        for run in runs { #expect(run["mismatches"] == 0 && run["sums"] == json["rows"]) }
        let full = try #require(runs.first { $0["feed"] == "a word a cycle" })
        let cycles = try integer(full, "cycles"), words = try integer(json, "words")
        #expect(full["model_cycles"]?.intValue == cycles && cycles >= words)
    }
}
