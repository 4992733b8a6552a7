import Basis

extension Normalizer {
    init(reading json: JSON?) throws {
        guard let part = try Part(json, role: "normalizer") else { return }
        steps = try Normalizer.steps(part)
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
