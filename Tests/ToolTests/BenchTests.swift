import Basis
import Support
import Tensors
import TestFiles
import Testing

/// What `bench` prints: its form, never its times.
@Suite struct BenchTests {
    private static let short = ["--rounds", "2", "--seconds", "0", "--batch", "1,3", "--prompt", "40", "--context", "8"]

    private func records(_ arguments: [String]) throws -> [JSON] {
        let outcome = try run("bench", arguments)
        expectDone(outcome)
        #expect(outcome.errors == "")
        return try outcome.lines.map { try JSON(parsing: $0) }
    }

    private func member(_ record: JSON, _ key: String) throws -> Double { try #require(record[key]?.doubleValue, "\(key) of \(record)") }

    @Test func `speed prints the records that its page lists`() throws {
        let records = try records(["speed", Made.shakespeare.packed, "--json", "--threads", "2"] + Self.short)
        let kinds = records.compactMap { $0["record"]?.stringValue }
        #expect(kinds == ["machine", "model", "load", "limit", "limit"] + [String](repeating: "speed", count: 5))
        #expect(records[1]["weights"] == 5_324_288)
        for kind in ["machine", "model", "load", "limit", "speed"] {
            let members = try #require(records.first { $0["record"] == .string(kind) }?.objectValue?.keys)
            #expect(members.dropFirst() == Self.members[kind, default: []][...], "\(kind)")
        }
        let points = records.dropFirst(5).map { [$0["phase"], $0["threads"], $0["batch"], $0["context"]] }
        let expected: [[JSON]] = [
            ["prefill", 2, 1, 40], ["decode", 1, 1, 0], ["decode", 2, 1, 0], ["decode", 2, 3, 0], ["decode", 2, 1, 8],
        ]
        #expect(points == expected.map { $0.map(Optional.some) })
    }

    private static let members: [String: [String]] = [
        "machine": ["processor", "processors", "level", "version"],
        "model": ["model", "weights", "trits", "trit_bytes", "bytes_per_pass", "memory_bytes"],
        "load": ["threads", "seconds", "first_token_seconds", "peak_bytes"],
        "limit": [
            "threads", "read_bytes_per_second", "read_spread", "read_samples", "multiply_adds_per_second", "multiply_add_spread",
            "multiply_add_samples",
        ],
        "speed": [
            "phase", "threads", "batch", "context", "tokens_per_second", "spread", "samples", "bytes_per_token", "bytes_per_second",
            "share_of_read", "multiply_adds_per_token", "multiply_adds_per_second", "share_of_multiply_adds", "joules_per_token",
        ],
    ]

    @Test func `numbers of one record agree with those of others`() throws {
        let records = try records([Made.tiny.raw, "--json", "--threads", "1"] + Self.short)
        let limit = try #require(records.first { $0["record"] == "limit" }), model = try #require(records.first { $0["record"] == "model" })
        for record in records where record["record"] == "speed" {
            let rate = try member(record, "tokens_per_second"), samples = record["samples"]?.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(samples.count == 2 && samples.max() == rate && rate > 0)
            let bytes = try rate * member(record, "bytes_per_token"), products = try rate * member(record, "multiply_adds_per_token")
            #expect(try bytes == member(record, "bytes_per_second") && products == member(record, "multiply_adds_per_second"))
            #expect(try member(record, "share_of_read") == bytes / member(limit, "read_bytes_per_second"))
            #expect(try member(record, "share_of_multiply_adds") == products / member(limit, "multiply_adds_per_second"))
            let batch = try member(record, "batch"), decodes = record["phase"] == "decode"
            // After a context what the text remembers is read as well.
            let states = try member(record, "bytes_per_token") - member(model, "bytes_per_pass") / batch
            if decodes { #expect(record["context"] == 0 ? states == 0 : states > 0) }
            if decodes { #expect(try member(record, "multiply_adds_per_token") == member(model, "trits")) }
        }
    }

    @Test func `a text has a line for each measurement, each with its share of both limits`() throws {
        let outcome = try run("bench", [Made.tiny.packed, "--threads", "1"] + Self.short)
        expectDone(outcome)
        let head = try #require(outcome.lines.firstIndex { $0.hasPrefix("phase") }), rows = outcome.lines[(head + 1)...]
        #expect(rows.map { $0.split(separator: " ").prefix(4) } == [["prefill", "1", "1", "40"], ["decode", "1", "1", "0"], ["decode", "1", "3", "0"], ["decode", "1", "1", "8"]])
        for row in rows { #expect(row.split(separator: "%", omittingEmptySubsequences: false).count == 4, "spread and two shares: \(row)") }
        for word in ["machine", "model", "load", "memory", "limit"] { #expect(outcome.lines.prefix(head).contains { $0.hasPrefix(word) }) }
    }

    @Test func `a prompt of no tokens is not read`() throws {
        let records = try records([Made.tiny.packed, "--json", "--rounds", "1", "--seconds", "0", "--batch", "2", "--prompt", "0"])
        #expect(!records.contains { $0["phase"] == "prefill" })
    }

    @Test func `a comparison prints the records that its page lists`() throws {
        let model = try Made.tiny.packed, short = ["--rounds", "8", "--seconds", "0", "--prompt", "8", "--json"]
        let records = try records(["compare", model, "\(model),threads=1,level=scalar,batch=2"] + short)
        #expect(records.map { $0["record"] } == ["machine", "comparison", "comparison"] && records.dropFirst().map { $0["phase"] } == ["decode", "prefill"])
        for record in records.dropFirst() {
            let sides = ["a", "b"].flatMap { side in
                [side] + ["tokens_per_second", "spread", "samples", "share_of_read", "share_of_multiply_adds"].map { "\(side)_\($0)" }
            }
            #expect(record.objectValue?.keys == ["record", "phase"] + sides + ["ratio", "lower", "upper", "confidence", "verdict"])
            let (lower, ratio, upper) = (try member(record, "lower"), try member(record, "ratio"), try member(record, "upper"))
            #expect(0 < lower && lower <= ratio && ratio <= upper)
            #expect(record["a_samples"]?.arrayValue?.count == 8 && record["b_samples"]?.arrayValue?.count == 8)
            #expect(["faster", "slower", "same", "undecided"].contains(record["verdict"]?.stringValue))
        }
    }

    @Test func `commands are compared by the number that they print last`() throws {
        let outcome = try run("bench", ["compare", "command:echo a rate of 30", "command:echo 20", "--rounds", "8"])
        expectDone(outcome)
        #expect(outcome.lines.last == "decode: A is faster, 1.500 times as fast as B (1.500 to 1.500 with 99 % confidence, 8 pairs)")
        #expect(!outcome.text.contains("prefill"))
        let same = try run("bench", ["compare", "command:echo 20", "command:echo 20", "--rounds", "8"])
        #expect(same.lines.last?.hasPrefix("decode: no difference shows between A and B, 1.000 times as fast") == true)
    }

    @Test func `every kernel is measured at every level`() throws {
        let records = try records(["kernels", "--json", "--rounds", "1", "--seconds", "0", "--bytes", "10000", "--batch", "1,3"])
        let kernels = records.filter { $0["record"] == "kernel" }, levels = KernelLevel.available.map(\.rawValue)
        #expect(records.filter { $0["record"] == "peak" }.compactMap { $0["level"]?.stringValue } == levels)
        #expect(kernels.count % levels.count == 0 && kernels.count >= 20 * levels.count)
        for record in kernels {
            #expect(record.objectValue?.keys == [
                "record", "kernel", "rows", "level", "bytes", "operations", "calls_per_second", "spread", "bytes_per_second", "share_of_read",
                "operations_per_second", "share_of_multiply_adds", "times_scalar",
            ])
            #expect(try member(record, "calls_per_second") > 0 && member(record, "share_of_read") > 0 && member(record, "times_scalar") > 0)
            if record["level"] == "scalar" { #expect(record["times_scalar"] == 1.0) }
            let isProduct = ["pairs", "triples", "int2", "int4", "int6", "int8"].map { "product, \($0)" }.contains(record["kernel"]?.stringValue)
            #expect((record["share_of_multiply_adds"] == .null) == !isProduct)
        }
    }

    @Test func `a run is drawn, as a script or through gnuplot`() throws {
        let scratch = try Scratch(), runs = scratch.file("runs")
        let measured = try run("bench", [Made.tiny.packed, "--json"] + Self.short)
        try scratch.write("runs", measured.output)
        let script = try run("bench", ["plot", runs])
        expectDone(script)
        #expect(try run("bench", ["plot", "-"], input: .file(runs)).output == script.output)
        guard try shell("command -v gnuplot").status == 0 else { return }
        for (file, start) in [("x.png", [0x89, 0x50, 0x4E, 0x47]), ("x.svg", Array("<?xml".utf8))] {
            let outcome = try run("bench", ["plot", runs, "-o", scratch.file(file)])
            expectDone(outcome)
            #expect(outcome.errors == "" && outcome.output.isEmpty, "\(outcome.errors)")
            #expect(try bytes(of: scratch.file(file)).starts(with: start))
        }
        #expect(scratch.contents == ["runs", "x.png", "x.svg"])
        let drawn = try run("/bin/sh", ["-c", "'\(Programs.folder)/bench' plot '\(runs)' | gnuplot -e 'set terminal dumb' -"])
        #expect(drawn.status == 0 && drawn.text.contains("Roofline"), "\(drawn.errors)")
    }

    @Test func `shapes are models like others`() throws {
        let graph = try run("infer", ["shape:mmfree-370m", "--graph"])
        expectDone(graph)
        #expect(graph.text.contains("lm_head"))
        let scratch = try Scratch(), raw = scratch.file("raw")
        try expectDone(run("quantize", ["--shape", "mmfree-370m", "-o", raw, "--quiet"]))
        let list = try run("pack", ["--list", raw])
        let summary = try #require(list.lines.last?.split(separator: " "))
        // log2(3) bits a trit, as far as 341 million draws give the same number of each.
        #expect(summary.last == "each" && list.lines.last?.contains("entropy of 1.585 bits") == true)
        let again = try shell("quantize --quiet shape:mmfree-370m --threads 1 | cmp - '\(raw)'")
        #expect(again.status == 0, "the same weights each time: \(again.text)")
    }
}
