import Tokens

/// The text of an answer as its tokens come, up to the first stop string.
struct AnswerText {
    /// Everything handed on so far.
    private(set) var text: [UInt8] = []
    private var decoder: StreamDecoder?
    private var scanner: StopScanner

    /// The answer's text goes on from that of the tokens before it: a first word keeps the space in front of it.
    init(after tokens: [Int32], _ decoder: StreamDecoder?, stops: [[UInt8]]) {
        (self.decoder, scanner) = (decoder, StopScanner(stops))
        for token in tokens { _ = self.decoder?.push(token) }
    }

    /// Whether a stop string was met.
    var stopped: Bool { scanner.stopped }

    /// Adds a token, and hands on the text that it makes certain.
    mutating func push(_ token: Int32, _ emit: ([UInt8]) throws -> Void) throws {
        try pass(scanner.pass(decoder?.push(token) ?? []), emit)
    }

    /// Hands on what was held back.
    mutating func end(_ emit: ([UInt8]) throws -> Void) throws {
        try pass(scanner.pass(decoder?.finish() ?? []), emit)
        try pass(scanner.finish(), emit)
    }

    private mutating func pass(_ piece: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
        guard !piece.isEmpty else { return }
        text += piece
        try emit(piece)
    }
}
