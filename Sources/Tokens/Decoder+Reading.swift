import Basis

extension Decoder {
    init(reading json: JSON?) throws {
        guard let part = try Part(json, role: "decoder") else {
            separator = [0x20]
            return
        }
        var state = State.tokens
        try add(part, &state)
        try Growth.check(steps.map { if case .replace(let pattern, let content) = $0 { (pattern, content) } else { nil } }, "decoder")
    }

    /// How much of the text one string holds at a place in the sequence of decoders.
    private enum State { case tokens, runsOfBytes, wholeText, stripped }

    private mutating func add(_ part: Part, _ state: inout State) throws {
        switch (part.type, state) {
        case ("Sequence", _): for part in try part.parts("decoders") { try add(part, &state) }
        case ("Fuse", .tokens), ("Fuse", .runsOfBytes), ("Fuse", .wholeText): state = .wholeText
        case ("Strip", .tokens): steps.append(.strip(try Decoder.strip(part)))
        case ("Strip", .wholeText):
            strip = try Decoder.strip(part)
            state = .stripped
        case (_, .tokens): try addTokenStep(part, &state)
        default: throw part.unsupported("its place after decoders that join tokens")
        }
    }

    private mutating func addTokenStep(_ part: Part, _ state: inout State) throws {
        switch part.type {
        case "ByteLevel":
            steps.append(.byteLevel)
            state = .wholeText
        case "ByteFallback":
            steps.append(.byteFallback)
            state = .runsOfBytes
        case "Metaspace":
            let dropsFirst = try PreTokenizer.prependScheme(part) != .never
            steps.append(.metaspace(try PreTokenizer.replacement(part), dropsFirst: dropsFirst))
        case "WordPiece":
            steps.append(.wordPiece(Array(try part.string("prefix").utf8), cleans: try part.bool("cleanup", default: true)))
        case "Replace":
            guard case .literal(let pattern) = try part.pattern() else { throw part.unsupported("a regular expression") }
            steps.append(.replace(pattern, with: Array(try part.string("content").utf8)))
        default: throw part.unsupported()
        }
    }

    private static func strip(_ part: Part) throws -> (content: UInt8, start: Int, stop: Int) {
        let content = Array(try part.string("content").utf8)
        guard content.count == 1 else { throw part.unsupported("content other than one ASCII character") }
        return (content[0], try part.count("start"), try part.count("stop"))
    }
}
