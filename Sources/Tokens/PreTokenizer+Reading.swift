import Basis

extension PreTokenizer {
    init(reading json: JSON?) throws {
        guard let part = try Part(json, role: "pre_tokenizer") else { return }
        try add(part)
        if seesSymbols { steps.append(.bytesOfSymbols) }
    }

    private mutating func add(_ part: Part) throws {
        // What comes after it sees the symbols of bytes.
        if isByteLevel, part.type != "Sequence", !seesSymbols { steps.append(.byteSymbols) }
        switch part.type {
        case "ByteLevel" where isByteLevel, "Metaspace" where isByteLevel: throw part.unsupported("a place after 'ByteLevel'")
        case "Sequence": try part.parts("pretokenizers").forEach { try add($0) }
        case "ByteLevel":
            if try part.bool("add_prefix_space") { steps.append(.prefixSpace) }
            if try part.bool("use_regex", default: true) { steps.append(.gpt2) }
            isByteLevel = true
        case "Split": steps.append(try PreTokenizer.split(part))
        case "Metaspace":
            // Several with different marks would put marks in front of each other's, more with each.
            if steps.contains(where: { if case .metaspace = $0 { true } else { false } }) { throw part.unsupported("a second one") }
            steps.append(try PreTokenizer.metaspace(part))
        case "Digits": steps.append(.digits(individual: try part.bool("individual_digits")))
        case "WhitespaceSplit": steps.append(.whitespaceSplit)
        case "Whitespace": steps.append(.whitespace)
        case "BertPreTokenizer": steps += [.whitespaceSplit, .punctuation(.isolated)]
        case "Punctuation": steps.append(.punctuation(try PreTokenizer.behaviour(part, default: .isolated)))
        case "CharDelimiterSplit": steps.append(.literal(Array(try part.string("delimiter").utf8), .removed, invert: false))
        default: throw part.unsupported()
        }
    }

    private var seesSymbols: Bool { steps.contains { if case .byteSymbols = $0 { true } else { false } } }

    private static func behaviour(_ part: Part, default fallback: SplitBehaviour? = nil) throws -> SplitBehaviour {
        if let fallback, part.object["behavior"]?.isNull ?? true { return fallback }
        let name = try part.string("behavior")
        guard let behaviour = SplitBehaviour(rawValue: name) else { throw part.unsupported("behavior '\(name)'") }
        return behaviour
    }

    private static func split(_ part: Part) throws -> Step {
        let behaviour = try behaviour(part), invert = try part.bool("invert", default: false)
        switch try part.pattern() {
        case .literal(let text): return .literal(text, behaviour, invert: invert)
        case .regex(let pattern):
            // These patterns match everything, so removing what they do not match leaves each match alone too.
            let isolates = behaviour == .isolated && !invert || behaviour == .removed && invert
            if isolates, let step = words[pattern] { return step }
            return .pattern(try part.regex(pattern), behaviour, invert: invert)
        }
    }

    /// The regular expressions that `WordScanner` reads, in the spellings that are in use.
    static let words: [String: Step] = [
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
        #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
        #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s+(?!\S)|\s+"#: .gpt2,
        cl100k("(?i:'s|'t|'re|'ve|'m|'ll|'d)", #"\p{N}{1,3}"#): .cl100k(digits: 3),
        cl100k("(?i:'s|'t|'re|'ve|'m|'ll|'d)", #"\p{N}"#): .cl100k(digits: 1),
        cl100k("(?i:'s|'t|'re|'ve|'m|'ll|'d)", #"\p{N}+"#): .cl100k(digits: .max),
        cl100k("'(?i:[sdmt]|ll|ve|re)", #"\p{N}{1,3}"#): .cl100k(digits: 3),
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#:
            .cl100k(digits: 3),
    ]

    private static func cl100k(_ contractions: String, _ numbers: String) -> String {
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    private static func metaspace(_ part: Part) throws -> Step {
        .metaspace(try replacement(part), try prependScheme(part), split: try part.bool("split", default: true))
    }

    static func replacement(_ part: Part) throws -> [UInt8] {
        let mark = try part.string("replacement")
        guard mark.unicodeScalars.count == 1 else { throw Failure("\(part.name): replacement '\(mark)' is not one character") }
        return Array(mark.utf8)
    }

    /// `prepend_scheme`, or `add_prefix_space` of older files.
    static func prependScheme(_ part: Part) throws -> PrependScheme {
        let isPrefixed = try part.bool("add_prefix_space", default: true)
        switch part.object["prepend_scheme"]?.stringValue {
        case "always" where isPrefixed: return .always
        case "first" where isPrefixed: return .first
        case "never": return .never
        case nil: return isPrefixed ? .always : .never
        case let scheme?: throw part.unsupported("prepend_scheme '\(scheme)' with add_prefix_space \(isPrefixed)")
        }
    }
}
