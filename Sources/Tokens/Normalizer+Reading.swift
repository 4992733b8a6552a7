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
        try Growth.check(steps.map { if case .replace(let pattern, let content) = $0 { (pattern, content) } else { nil } }, "normalizer")
    }

    private static func steps(_ part: Part) throws -> [Step] {
        switch part.type {
        case "Sequence": try part.parts("normalizers").flatMap { try steps($0) }
        case "Prepend": [.prepend(Array(try part.string("prepend").utf8))]
        case "Replace": [.replace(try literal(part), with: Array(try part.string("content").utf8))]
        case "Strip": [.strip(left: try part.bool("strip_left"), right: try part.bool("strip_right"))]
        case "NFC": [.composed]
        default: throw part.unsupported()
        }
    }

    private static func literal(_ part: Part) throws -> [UInt8] {
        switch try part.pattern() {
        case .literal(let text): return text
        case .regex(let regex): throw part.unsupported("the regular expression '\(regex)'")
        }
    }
}
