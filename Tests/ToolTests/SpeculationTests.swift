import Basis
import Support
import TestFiles
import Testing

/// Guessing ahead and shared beginnings, as a user meets them.
@Suite struct SpeculationTests {
    /// Prompts with a common beginning and much repetition, each with options of its own.
    private static func requests(draft: Int) -> [JSON] {
        let verse = "ROMEO:\nI dream, I dream, I dream a dream of thee, and thee, and thee, and thee, and "
        let options: [JSONObject] = [
            ["temperature": 0], ["temperature": 0, "repetition_penalty": 1.3], ["temperature": 0.7, "seed": 3],
            ["temperature": 0.3, "stop": [" the", "\n\n"]], ["temperature": 0, "stop": ", and"], ["temperature": 0, "ignore_eos": true],
            ["temperature": 1.2, "top_k": 0, "ignore_eos": true],
        ]
        return options.enumerated().map { number, options in
            var object: JSONObject = ["prompt": .string(verse + "thee".prefix(number % 3)), "max_tokens": 60, "id": .integer(number)]
            for option in options.members { object[option.key] = option.value }
            if draft > 0 { object["speculate"] = .integer(draft) }
            return .object(object)
        }
    }

    /// The answer without what it says of guesses.
    private func plain(_ answer: JSON) -> [JSON?] { ["text", "tokens", "finish", "id"].map { answer[$0] } }

    @Test(arguments: Made.all) func `guesses change no answer`(_ made: Made) throws {
        let expected = try answers(made.packed, Self.requests(draft: 0), ["--batch", "1"])
        #expect(expected.allSatisfy { $0["drafted"] == nil && $0["accepted"] == nil })
        for batch in ["1", "3", "8"] {
            for found in [
                try answers(made.packed, Self.requests(draft: 5), ["--batch", batch]),
                try answers(made.packed, Self.requests(draft: 0), ["--batch", batch, "--speculate", "9"]),
            ] {
                #expect(found.map(plain) == expected.map(plain), "batch \(batch)")
                #expect(found.contains { $0["drafted"] != nil })
                for answer in found { #expect(answer["accepted"]?.intValue ?? 0 <= answer["drafted"]?.intValue ?? 0) }
            }
        }
    }

    @Test func `some guesses are right`() throws {
        let found = try answers(Made.shakespeare.packed, Self.requests(draft: 8))
        #expect(found.reduce(0) { $0 + ($1["accepted"]?.intValue ?? 0) } > 0)
    }

    @Test func `a state saved after guesses is the one saved without`() throws {
        let made = try Made.shakespeare, scratch = try Scratch()
        let verse = "and thee, and thee, and thee, and thee, and"
        func state(_ options: [String]) throws -> [UInt8] {
            let file = scratch.file("state")
            try expectDone(run("infer", [made.packed, verse, "--temperature", "0", "--save-state", file] + options))
            return try MappedFile.contents(file)
        }
        for count in ["1", "2", "9", "10", "11", "30"] {
            for more in [[], ["--stop", "e"]] {
                let options = ["--max-tokens", count] + more
                #expect(try state(options + ["--speculate", "6"]) == state(options), "\(options)")
            }
        }
    }

    @Test func `a number of guesses that makes no sense is refused`() throws {
        let made = try Made.tiny
        try expectRefused(
            run("infer", [made.packed, "x", "--speculate", "65"]), "infer", status: 64, "--speculate takes a number of 0 to 64")
        let line = request([5], ["speculate": 65]).compact
        try expectRefused(
            run("infer", [made.packed, "--json"], input: .text(line)), "infer", "line 1: 65 tokens cannot be guessed at a time")
    }
}
