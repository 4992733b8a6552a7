import Basis
import Catalog
import Support
import TestFiles
import Testing

/// What `sim-hw` prints and takes.
@Suite struct SimHWTests {
    private static let shape = "shape:mmfree-370m"

    private func json(_ arguments: [String]) throws -> JSON {
        let outcome = try run("sim-hw", arguments)
        expectDone(outcome, "\(arguments)")
        #expect(outcome.errors == "" && outcome.lines.count == 1)
        return try JSON(parsing: outcome.text)
    }

    private func number(_ json: JSON, _ key: String) throws -> Double { try #require(json[key]?.doubleValue, "\(key)") }

    @Test func `run prints the members that its page lists`() throws {
        let json = try json(["run", Self.shape, "--device", "raspberry-pi-5", "--json", "--prompt", "40", "--tokens", "9", "--batch", "3"])
        #expect(json.objectValue?.keys == [
            "device", "model", "fidelity", "weights", "trits", "chips", "batch", "prompt", "tokens", "memory", "memory_bytes", "memory_fits",
            "first_token_seconds", "token_seconds", "seconds", "prefill_tokens_per_second", "decode_tokens_per_second", "joules_per_token",
            "prefill_joules_per_token", "watts", "energies", "energy", "kernels", "numbers",
        ])
        #expect(json["energy"]?.objectValue?.keys == ["operations", "memories", "link", "static", "host", "rest", "total"])
        let kernels = try #require(json["kernels"]?.arrayValue)
        #expect(kernels.count > 24 * 8)
        for kernel in kernels {
            #expect(kernel.objectValue?.keys == [
                "name", "layer", "operation", "kind", "works", "rows", "seconds", "memory_seconds", "compute_seconds", "overhead_seconds", "bound",
                "bytes", "operations", "joules",
            ])
        }
        let seconds = kernels.compactMap { $0["seconds"]?.doubleValue }.reduce(0, +), token = try number(json, "token_seconds")
        #expect((seconds - token).magnitude < 1e-9 * token)
        #expect(try number(json, "decode_tokens_per_second") == 3 / token)
        #expect(try number(json, "prefill_tokens_per_second") == 3 * 40 / number(json, "first_token_seconds"))
        for number in json["numbers"]?.arrayValue ?? [] { #expect(number.objectValue?.keys == ["path", "value", "kind", "source"]) }
    }

    @Test func `run is what is done if nothing else is said`() throws {
        let named = try run("sim-hw", ["run", Self.shape]), short = try run("sim-hw", [Self.shape])
        expectDone(named)
        #expect(named.output == short.output && named.text.contains("energies: table 'jouppi-7nm'"))
    }

    @Test func `without a prompt there is no prefill`() throws {
        let json = try json([Self.shape, "--prompt", "0", "--json"])
        #expect(json["prefill_tokens_per_second"] == .null && json["prefill_joules_per_token"] == .null && json["first_token_seconds"] == json["token_seconds"])
        let text = try run("sim-hw", [Self.shape, "--prompt", "0"])
        expectDone(text)
        #expect(!text.text.contains("prefill"))
    }

    @Test(arguments: Catalog.devices.map(\.name)) func `every device runs every kind of report`(_ device: String) throws {
        for model in [Self.shape, "shape:bitnet-2b-4t"] {
            for command in ["run", "explain"] {
                let json = try json([command, model, "--device", device, "--json"]), text = try run("sim-hw", [command, model, "--device", device])
                expectDone(text)
                #expect(json["device"]?.stringValue == device && json["model"]?.stringValue == model)
                let words = text.text.split { " \n".contains($0) }
                #expect(!words.contains { ["nan", "-nan", "inf", "-inf"].contains($0) } && text.errors == "")
            }
        }
    }

    @Test func `explain tells of layers, launches and changes`() throws {
        let json = try json(["explain", Self.shape, "--device", "a100-40g", "--json"])
        #expect(json.objectValue?.keys == ["device", "model", "decode_tokens_per_second", "layers", "launches", "changes"])
        let layers = try #require(json["layers"]?.arrayValue), launches = try #require(json["launches"]?.arrayValue)
        #expect(layers.first?["name"] == "input" && layers.last?["name"] == "output")
        for part in layers + launches { #expect(part.objectValue?.keys == ["name", "launches", "seconds", "bytes", "operations", "bound"]) }
        let changes = try #require(json["changes"]?.arrayValue), names = changes.compactMap { $0["with"]?.stringValue }
        for change in ["twice the bandwidth", "twice the clock of every engine", "1.6 bits a trit"] { #expect(names.contains(change)) }
        let decode = changes.compactMap { $0["decode"]?.doubleValue }
        #expect(decode == decode.sorted(by: >) && decode.count == changes.count)
        let all = try self.json([Self.shape, "--device", "a100-40g", "--json"])
        let sum = launches.compactMap { $0["seconds"]?.doubleValue }.reduce(0, +)
        #expect(try (sum - number(all, "token_seconds")).magnitude < 1e-9 * sum)
    }

    @Test func `sweep gives a line for each combination, in three forms`() throws {
        let arguments = ["sweep", Self.shape, "--devices", "h100,raspberry-pi-5", "--prompts", "1,50", "--batches", "1,2,4", "--tokens", "7"]
        let lines = try run("sim-hw", arguments + ["--json"]), csv = try run("sim-hw", arguments + ["--csv"]), text = try run("sim-hw", arguments)
        for outcome in [lines, csv, text] { expectDone(outcome) }
        let records = try lines.lines.map { try JSON(parsing: $0) }, head = try #require(csv.lines.first?.split(separator: ",").map(String.init))
        #expect(records.count == 12 && csv.lines.count == 13 && text.lines.count == 13)
        for (record, line) in zip(records, csv.lines.dropFirst()) {
            #expect(record.objectValue?.keys == head)
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            try #require(cells.count == head.count)
            for (key, cell) in zip(head, cells) { #expect(record[key].map { $0.stringValue ?? $0.compact } == String(cell), "\(key)") }
        }
        let combinations = records.map { [$0["device"], $0["batch"], $0["prompt"]] }
        #expect(Set(combinations).count == 12 && records.allSatisfy { $0["tokens"] == 7 })
        let one = try json([Self.shape, "--device", "h100", "--prompt", "50", "--batch", "4", "--tokens", "7", "--json"])
        let same = try #require(records.first { $0["device"] == "h100" && $0["prompt"] == 50 && $0["batch"] == 4 })
        for key in ["token_seconds", "first_token_seconds", "watts", "memory_bytes"] { #expect(one[key] == same[key], "\(key)") }
        let all = try run("sim-hw", ["sweep", Self.shape, "--json"])
        #expect(try all.lines.map { try JSON(parsing: $0)["device"]?.stringValue } == Catalog.devices.map(\.name))
        let chips = try run("sim-hw", ["sweep", "shape:llama3-8b", "--devices", "h100", "--chips", "1,2,8", "--json"])
        #expect(try chips.lines.map { try JSON(parsing: $0)["chips"] } == [1, 2, 8])
    }

    @Test func `a model whose name has commas and quotes stays one cell`() throws {
        let scratch = try Scratch()
        try scratch.write("a,\"b\".json", Self.configuration)
        let csv = try run("sim-hw", ["sweep", scratch.file("a,\"b\".json"), "--devices", "h100", "--csv"])
        expectDone(csv)
        #expect(csv.lines.last?.hasPrefix("h100,\"\(scratch.path)/a,\"\"b\"\".json\",1,1,128,128,") == true, "\(csv.text)")
    }

    @Test func `validate says what holds by its status`() throws {
        let outcome = try run("sim-hw", ["validate", "--json"]), json = try JSON(parsing: outcome.text)
        #expect(outcome.errors == "" && outcome.status == (json["holds"] == true ? 0 : 1))
        #expect(json.objectValue?.keys == ["holds", "tiers", "results"])
        for tier in json["tiers"]?.arrayValue ?? [] { #expect(tier.objectValue?.keys == ["tier", "holds", "text"]) }
        for result in json["results"]?.arrayValue ?? [] {
            #expect(result.objectValue?.keys == [
                "point", "tier", "kind", "device", "number", "predicted", "published", "unit", "error", "source", "flag", "implied_operations_per_second",
            ])
        }
        let text = try run("sim-hw", ["validate"])
        #expect(text.status == outcome.status && text.lines.first?.hasPrefix("point ") == true)
        for point in 1...29 { #expect(text.lines.contains { $0.hasPrefix("V\(point) ") } && text.lines.contains { $0.hasPrefix("V\(point), ") }) }
    }

    @Test func `devices lists all, and prints one so that it can be changed and used`() throws {
        let list = try run("sim-hw", ["devices"]), lines = try run("sim-hw", ["devices", "--json"])
        #expect(list.lines.count == Catalog.devices.count + 1)
        let records = try lines.lines.map { try JSON(parsing: $0) }
        #expect(records.map { $0["device"]?.stringValue } == Catalog.devices.map(\.name))
        for record in records {
            #expect(record.objectValue?.keys == [
                "device", "title", "class", "chips", "memory", "capacity", "bandwidth", "ternary_operations_per_second", "has_core",
            ])
        }
        let scratch = try Scratch()
        for (options, name) in [([String](), "one.json"), (["--json"], "two.json")] {
            let file = try run("sim-hw", ["devices", "h100"] + options)
            expectDone(file)
            try scratch.write(name, file.output)
            let mine = try json([Self.shape, "--device", scratch.file(name), "--json"]), theirs = try json([Self.shape, "--device", "h100", "--json"])
            #expect(mine == theirs)
        }
    }

    @Test func `numbers are given other values, with and without units, and then are assumptions`() throws {
        let base = ["--device", "a100-40g", "--json", Self.shape]
        let plain = try json(base + ["--set", "memories.HBM2.bandwidth=3000"]), unit = try json(base + ["--set", "memories.HBM2.bandwidth=3 TB/s"])
        let index = try json(base + ["--set", "memories.0.bandwidth=3e6 MB/s"])
        #expect(plain["token_seconds"] == unit["token_seconds"] && unit["token_seconds"] == index["token_seconds"])
        #expect(try number(plain, "token_seconds") < number(json(base), "token_seconds"))
        let given = unit["numbers"]?.arrayValue?.first { $0["path"] == "memories.HBM2.bandwidth" }
        #expect(given?["kind"] == "assumed" && given?["source"] == "given on the command line")
        #expect(given?["value"]?.stringValue?.hasSuffix("TB/s") == true)
        let without = try json(base + ["--set", "engines.ternary=null", "--set", "launches=pass"])
        #expect(without["kernels"]?.arrayValue?.filter { $0["overhead_seconds"] != 0.0 }.count == 1)
        let packed = try json(base + ["--set", "engines.ternary.packing=1.6"])
        #expect(try packed["token_seconds"] == json(base + ["--bits", "1.6"])["token_seconds"])
        #expect(try json(base + ["--set", "chips=4"])["token_seconds"] == json(base + ["--chips", "4"])["token_seconds"])
        #expect(try run("sim-hw", base + ["--set", "memories.HBM2.capacity=1 MB"]).text.contains("\"memory_fits\":false"))
    }

    @Test func `a rate that is given is dense, whatever stood there`() throws {
        let scratch = try Scratch(), file = try run("sim-hw", ["devices", "h100"]).text
        let sparse = file.replacing("\"sparsity\": \"none\"", with: "\"sparsity\": \"2:4\"")
        try #require(sparse != file)
        try scratch.write("sparse.json", sparse)
        let rate = ["--set", "engines.dense.rate=500 TFLOPS", "--json", "--prompt", "2000", "shape:llama3-8b"]
        let mine = try json(["--device", scratch.file("sparse.json")] + rate), theirs = try json(["--device", "h100"] + rate)
        #expect(mine["first_token_seconds"] == theirs["first_token_seconds"])
    }

    @Test func `a trace is what Chrome reads`() throws {
        let scratch = try Scratch(), file = scratch.file("trace.json")
        for device in ["a100-40g", "kv260", "loihi2-x24"] {
            expectDone(try run("sim-hw", [Self.shape, "--device", device, "--trace", file]))
            let trace = try JSON(parsing: bytes(of: file)), events = try #require(trace["traceEvents"]?.arrayValue)
            #expect(events.filter { $0["cat"] == "pass" }.compactMap { $0["name"]?.stringValue } == ["prefill", "decode"])
            var ends: [Int: Double] = [:]
            for event in events {
                let (start, length) = (try number(event, "ts"), try number(event, "dur")), thread = try #require(event["tid"]?.intValue)
                #expect(event["ph"] == "X" && event["pid"] == 1 && length >= 0 && event["name"]?.stringValue?.isEmpty == false)
                // Events of a thread follow each other.
                #expect(start >= (ends[thread] ?? 0) * (1 - 1e-12), "\(device): \(event)")
                ends[thread] = start + length
            }
            #expect(events.count > 24 * 2 * 5)
        }
    }

    @Test func `pictures are drawn through gnuplot`() throws {
        let scratch = try Scratch()
        guard try shell("command -v gnuplot").status == 0 else { return }
        for (name, start) in [("x.png", [0x89, 0x50, 0x4E, 0x47]), ("x.svg", Array("<?xml".utf8))] {
            for arguments in [["run", Self.shape], ["run", Self.shape, "--prompt", "0"], ["sweep", Self.shape, "--devices", "h100,d5005", "--batches", "1,8"]] {
                let outcome = try run("sim-hw", arguments + ["--plot", scratch.file(name)])
                expectDone(outcome)
                #expect(outcome.errors == "" && !outcome.output.isEmpty, "\(outcome.errors)")
                #expect(try bytes(of: scratch.file(name)).starts(with: start))
            }
        }
    }

    static let configuration = """
        {"model_type": "hgrn_bit", "vocab_size": 67, "hidden_size": 36, "num_hidden_layers": 3, "intermediate_size": 50}
        """

    @Test func `a model is a config.json, a folder with nothing else, a shape, or what others take`() throws {
        let scratch = try Scratch(), made = try Made.tiny
        let file = try scratch.write("x.json", Self.configuration)
        _ = scratch.folder("folder")
        try scratch.write("folder/config.json", Self.configuration)
        let (alone, folder) = (try json([file, "--json"]), try json([scratch.file("folder"), "--json"]))
        #expect(alone["token_seconds"] == folder["token_seconds"] && alone["kernels"] == folder["kernels"])
        let forms = try [made.folder, made.raw, made.packed, made.manifest, "\(made.folder)/config.json"].map { try json([$0, "--json"]) }
        for form in forms { #expect(form["kernels"] == forms[0]["kernels"] && form["weights"] == forms[0]["weights"]) }
        let piped = try run("sim-hw", ["-", "--json"], input: .file(made.packed))
        expectDone(piped)
        #expect(try JSON(parsing: piped.text)["kernels"] == forms[0]["kernels"])
    }

    @Test func `a GGUF file is a model`() throws {
        let scratch = try Scratch()
        var sample = GGUFSample(.tq2x0)
        sample.addTokens()
        let file = try scratch.write("x.gguf", sample.writer.bytes)
        #expect(try json([file, "--json"])["trits"]?.doubleValue ?? 0 > 1e5)
    }

    // A model of a hundred thousand million weights is a configuration like others.

    private static let huge = """
        {"model_type": "llama", "vocab_size": 128256, "hidden_size": 12288, "num_hidden_layers": 80, "intermediate_size": 24576,
        "num_attention_heads": 96, "num_key_value_heads": 8}
        """

    /// Seconds of the processor that a run takes, the best of a few.
    private func processorSeconds(_ model: String) throws -> Double {
        try (0..<5).map { _ in
            let outcome = try shell("TIMEFORMAT='%U %S'; time sim-hw run '\(model)' > /dev/null")
            expectDone(outcome)
            return outcome.errors.split { " \n".contains($0) }.compactMap { Double($0) }.reduce(0, +)
        }.min() ?? .infinity
    }

    /// The most memory that was ever resident, in KiB: looked at while the program waits for someone to read what it found.
    private func peak(_ model: String) throws -> Int {
        let scratch = try Scratch()
        let line = """
            mkfifo f; sim-hw run '\(model)' --json > f & p=$!; exec 3< f; head -c 1 <&3 > /dev/null
            grep VmHWM /proc/$p/status; cat <&3 > /dev/null; wait $p
            """
        let outcome = try shell(line, folder: scratch.path)
        expectDone(outcome)
        return try #require(outcome.text.split(separator: " ").compactMap { Int($0) }.first, "\(outcome.text)")
    }

    @Test func `a hundred thousand million weights take no more memory than a few, and no more than a moment`() throws {
        let scratch = try Scratch(), file = try scratch.write("huge.json", Self.huge)
        #expect(try number(json([file, "--json"]), "weights") > 1e11)
        let (large, small) = (try peak(file), try peak(Self.shape))
        #expect(large < small + 8 * 1024, "\(large) and \(small) KiB")
        // Fifty milliseconds are meant; a machine that does other things as well takes longer.
        let seconds = try [file, Self.shape].map { try processorSeconds($0) }
        #expect(seconds.allSatisfy { $0 < 0.5 }, "\(seconds) s")
    }

    @Test func `a closed pipe ends it without a word`() throws {
        for line in ["sim-hw sweep \(Self.shape) --json | head -c 1", "sim-hw devices | head -c 1", "sim-hw run shape:llama3-8b --json | head -c 1"] {
            let outcome = try shell(line)
            #expect(outcome.errors == "" && outcome.output.count == 1, "\(line): \(outcome.errors)")
        }
    }
}
