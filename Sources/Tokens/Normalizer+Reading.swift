import Basis

/// Replacements in a row can make a small file ask for any amount of memory.
enum Growth {
    static let limit = 1024.0

    /// Throws if a text can become more than `limit` times longer.
    static func check(_ replacements: [(pattern: [UInt8], content: [UInt8])?], _ role: String) throws {
        let growth = replacements.reduce(1.0) { growth, step in
            growth * max(1, step.map { Double($0.content.count) / Double($0.pattern.count) } ?? 1)
        }
        guard growth <= limit else { throw Failure("\(role) makes text more than 1024 times longer") }
    }
}

extension Normalizer {
    init(reading json: JSON?) throws {
        guard let part = try Part(json, role: "normalizer") else { return }
        steps = try Normalizer.steps(part)
        try Growth.check(steps.map(\.replacement), "normalizer")
    }

    private static func steps(_ part: Part) throws -> [Step] {
        switch part.type {
        case "Sequence": try part.parts("normalizers").flatMap { try steps($0) }
        case "Prepend": [.prepend(Array(try part.string("prepend").utf8))]
        case "Replace": [try replacement(part)]
        case "Strip": [.strip(left: try part.bool("strip_left"), right: try part.bool("strip_right"))]
        case "NFC": [.form(.nfc)]
        case "NFD": [.form(.nfd)]
        case "NFKC": [.form(.nfkc)]
        case "NFKD": [.form(.nfkd)]
        case "Lowercase": [.lowercase]
        case "StripAccents": [.stripAccents]
        case "Nmt": [.nmt]
        case "BertNormalizer": [.bert(try BertNormalizer(part))]
        case "Precompiled": [.precompiled(try precompiled(part))]
        default: throw part.unsupported()
        }
    }

    private static func replacement(_ part: Part) throws -> Step {
        let content = Array(try part.string("content").utf8)
        switch try part.pattern() {
        case .literal(let text): return .replace(text, with: content)
        case .regex(let pattern):
            let regex = try part.regex(pattern)
            guard !regex.isNullable else { throw part.unsupported("a regular expression that may match nothing") }
            return .replacePattern(regex, with: content)
        }
    }

    private static func precompiled(_ part: Part) throws -> Charsmap {
        try placing(part.name) { try Charsmap(base64: part.string("precompiled_charsmap")) }
    }
}

extension Normalizer.Step {
    /// What it puts for what: at worst, for one byte.
    fileprivate var replacement: (pattern: [UInt8], content: [UInt8])? {
        switch self {
        case .replace(let pattern, let content): (pattern, content)
        case .replacePattern(_, let content): ([0], content)
        case .precompiled(let map): ([0], Array(repeating: 0, count: map.longestText))
        default: nil
        }
    }
}
