import Basis
import Testing
import Tokens

/// The regular expressions of pre-tokenizers.
@Suite struct RegexTests {
    private func parts(_ pattern: String, _ text: [UInt8]) throws -> [Range<Int>] {
        var parts: [Range<Int>] = []
        let regex = try Regex(pattern)
        text.withUnsafeBufferPointer { bytes in
            regex.forEachPart(of: bytes, 0..<bytes.count) { range, _ in if !range.isEmpty { parts.append(range) } }
        }
        return parts
    }

    /// `Golden/regex.json`: for patterns and texts, a digest of the bytes of each part that Hugging Face's `Split` makes.
    @Test func partsAreThoseOfTheReference() throws {
        let file = try JSON(parsing: Golden.bytes("regex.json"))
        let texts = try #require(file["texts"]?.arrayValue).map { try #require($0.stringValue) }
        let patterns = try #require(file["patterns"]?.arrayValue)
        #expect(patterns.count > 40 && texts.count > 50)
        for entry in patterns {
            let pattern = try #require(entry["pattern"]?.stringValue)
            let digests = try #require(entry["digests"]?.stringValue).split(separator: " ")
            #expect(digests.count == texts.count)
            for (text, digest) in zip(texts, digests) {
                let parts = try parts(pattern, Array(text.utf8))
                #expect(Golden.fnv(parts.map { Int32($0.count) }) == digest, "\(pattern): \(text.debugDescription) \(parts)")
            }
        }
    }

    /// The scanners of usual patterns cut as the patterns do: in a group, a pattern is no usual one.
    @Test(arguments: [
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#,
    ])
    func scannersAgreeWithTheirPatterns(pattern: String) throws {
        let json = try JSON(parsing: Golden.bytes("qwen/tokenizer.json"))
        func tokenizer(_ pattern: String) throws -> Tokenizer {
            try Tokenizer(json: Array(json.setting("pre_tokenizer/pretokenizers/0/pattern/Regex", to: .string(pattern)).compact.utf8))
        }
        let scanner = try tokenizer(pattern), interpreter = try tokenizer("(?:\(pattern))")
        let texts = try #require(try JSON(parsing: Golden.bytes("adversarial.json"))["texts"]?.arrayValue).compactMap(\.stringValue)
        for text in texts { #expect(scanner.encode(text) == interpreter.encode(text), "\(text.debugDescription)") }
    }

    /// Patterns that take other engines forever.
    @Test(.timeLimit(.minutes(1)), arguments: [
        "(?:a|a)*b", "(?:a+)+b", "(?:a+a+)+b", "(?:a*?a)+?b", #"(?:\w|a|[a-z])+\d"#, "a+$|b", "(?:a|aa){1,50}b", "a++b",
        "(?:aa|a)+(?:aaa|aa)+c", "a.*b|c",
    ])
    func timeIsLinear(pattern: String) throws {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000) + Array("!".utf8)
        #expect(try parts(pattern, text) == [0..<200_001])
    }

    @Test(.timeLimit(.minutes(1))) func matchesStayRightWhenMatchingGetsHard() throws {
        // Long enough that what has been tried is remembered, with matches in between.
        let run = String(repeating: "a", count: 3000)
        let text = Array((run + "b" + run + "c" + run + "b").utf8)
        let parts = try parts("(?:a|a)*b|(?:a+)+c", text)
        #expect(parts == [0..<3001, 3001..<6002, 6002..<9003])
        let short = Array("aaab".utf8)
        #expect(try self.parts("(?:a|a)*b|(?:a+)+c", short) == [0..<4])
    }

    @Test func whatIsNotSupportedIsNamed() {
        let cases = [
            ("(?=ab)c", "looking at more than one character"), (#"(a)\1"#, #"'\1'"#), ("(?<n>a)", "the group '(?<n'"),
            ("[a", "an end in the middle of something"),
            ("a)", "an unmatched ')'"), ("(a", "a group without an end"), ("*a", "a quantifier of nothing"),
            ("a**", "a quantifier of a quantifier"),
            ("(?:a*)*", "repeating what may be empty"), ("(?:ab)++", "a possessive quantifier of more than one character"),
            (#"\p{Klingon}"#, #"'\p{klingon}'"#), ("a{2000}", "a count beyond 1000"),
            ("(?i:ß)", "more than ASCII letters without regard to case"),
            ("(?i:ss)", "two characters that fold to one, without regard to case,"), ("[z-a]", "a range without an end"),
            (#"\"#, "an end in the middle of something"),
            (String(repeating: "(", count: 200), "nesting that deep"), ("a{1,2}+", "a quantifier of '{..}'"),
            ("[[:cntrl:]]", "that class '[:..:]'"),
        ]
        for (pattern, what) in cases {
            #expect(throws: Failure("the regular expression '\(pattern)': \(what) is not supported")) { try Regex(pattern) }
        }
        let huge = "(?:(?:a{1000}){1000}){1000}"
        #expect(throws: Failure("the regular expression '\(huge)' is too long")) { try Regex(huge) }
    }
}
