import Basis
import Support
import Tensors
import TestFiles
import Testing

/// What attention keeps, and how much of it.
@Suite struct CacheTests {
    private static func bitNet() throws -> Made { try #require(Made.all.first { $0.golden.name == "bitnet-tiny-packed" }) }

    private static func logits(_ made: Made, _ options: [String], _ environment: [String: String] = [:]) throws -> [Float] {
        let scratch = try Scratch(), file = scratch.file("logits"), line = try request(made.golden.tokens("input_ids")).compact + "\n"
        try expectDone(run("infer", [made.packed, "--json", "--logits", file] + options, input: .text(line), environment: environment))
        return try tensors(in: file).flatMap(\.floats)
    }

    @Test(arguments: [("f16", Float(0.15)), ("int8", 0.3)])
    func `fewer bits change little, the same at every level and with any number of threads`(_ type: String, _ most: Float) throws {
        let made = try Self.bitNet(), exact = try Self.logits(made, [])
        #expect(try Self.logits(made, ["--cache", "f32"]) == exact)
        let found = try Self.logits(made, ["--cache", type]), change = difference(found, exact)
        #expect(change.largest > 0 && change.largest < most && change.mean < most / 4, "\(change)")
        for level in KernelLevel.available {
            for threads in ["1", "2"] {
                let again = try Self.logits(made, ["--cache", type, "--threads", threads], ["TERN_CPU": level.rawValue])
                #expect(again == found, "\(level), \(threads) threads")
            }
        }
    }

    @Test(arguments: ["f32", "f16", "int8"])
    func `a saved state keeps its type, and goes on as if nothing had happened`(_ type: String) throws {
        let made = try Self.bitNet(), scratch = try Scratch(), state = scratch.file("state")
        let tokens = try made.golden.tokens("input_ids") + made.golden.tokens("input_ids")
        let options: JSONObject = ["temperature": 0, "ignore_eos": true, "max_tokens": 30]
        let whole = try answers(made.packed, [request(tokens, options)], ["--cache", type])[0].tokens
        var start = options
        start["max_tokens"] = 0
        let first = try answers(made.packed, [request(Array(tokens.prefix(70)), start)], ["--cache", type, "--save-state", state])
        #expect(first[0].tokens == [])
        let rest = try answers(made.packed, [request(Array(tokens.dropFirst(70)), options)], ["--load-state", state])
        #expect(rest[0].tokens == whole)
        let other = type == "f16" ? "f32" : "f16"
        try expectRefused(
            run("infer", [made.packed, "x", "--load-state", state, "--cache", other]), "infer", "state' keeps keys and values in \(type)")
    }

    @Test(arguments: ["f32", "f16", "int8"])
    func `a damaged state is refused in one line, or is gone on with`(_ type: String) throws {
        let made = try Self.bitNet(), scratch = try Scratch(), state = scratch.file("state")
        let prompt = ["hello, hello", "--cache", type, "--max-tokens", "0", "--save-state", state]
        try expectDone(run("infer", [made.packed] + prompt))
        let whole = try bytes(of: state)
        var refused = 0
        for number in 0..<24 {
            var bytes = number < 6 ? Array(whole.prefix(whole.count * number / 6)) : whole
            // Of each other state, one bit in its header or a run of bytes in its pages.
            if number % 2 == 0, number >= 6 { bytes[number * 40] ^= 1 << UInt8(number % 8) }
            if number % 2 == 1 { for at in stride(from: bytes.count / 2, to: bytes.count, by: number) { bytes[at] = 0xFF } }
            let path = try scratch.write("damaged", bytes)
            let outcome = try run("infer", [made.packed, " x", "--load-state", path, "--max-tokens", "3"])
            guard outcome.status != 0 else { continue }
            refused += 1
            expectRefused(outcome, "infer", "damaged", "\(number)")
        }
        #expect(refused >= 6 && refused < 24)
    }

    @Test func `answers end where the model's positions do, and longer prompts are refused`() throws {
        let made = try Self.bitNet(), text = [Int32](repeating: 5, count: 300)
        let options: JSONObject = ["temperature": 0, "ignore_eos": true, "max_tokens": 100]
        for (count, answer) in [(100, 100), (157, 100), (158, 99), (255, 2), (256, 1)] {
            let found = try answers(made.packed, [request(Array(text.prefix(count)), options)])[0]
            #expect(found.tokens.count == answer && found["finish"] == "length", "\(count)")
        }
        let line = request(Array(text.prefix(257))).compact + "\n"
        for option in [["--score"], ["--logits", "/dev/null"], []] {
            try expectRefused(
                run("infer", [made.packed, "--json"] + option, input: .text(line)), "infer",
                "line 1: the text is 257 tokens long, more than the 256 that the model was made for")
        }
    }
}
