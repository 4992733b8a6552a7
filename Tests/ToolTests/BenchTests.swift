import Basis
import Support
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
        "limit": ["threads", "read_bytes_per_second", "read_spread", "multiply_adds_per_second", "multiply_add_spread"],
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
            if decodes { #expect(try member(record, "bytes_per_token") == member(model, "bytes_per_pass") / batch) }
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
}
