import Models
import Tokens

/// A request on its way to its answer.
struct Flight {
    let number: Int
    var session: Session
    private let request: Request
    /// Tokens to feed next.
    private var pending: [Int32]
    private var generated: [Int32] = []
    private var text: [UInt8] = []
    private var seen: Set<Int32>
    private var sampler: Sampler
    private var decoder: StreamDecoder?
    private var scanner: StopScanner
    private let endOfText: Set<Int32>
    private var finish: Answer.Finish?

    init(number: Int, request: Request, decoder: StreamDecoder?, endOfText: Set<Int32>) {
        (self.number, self.request, self.decoder, session, pending) = (number, request, decoder, request.session, request.tokens)
        self.endOfText = request.ignoresEndOfText ? [] : endOfText
        seen = request.sampling.repetitionPenalty == 1 ? [] : Set(request.past + request.tokens)
        sampler = Sampler(request.sampling)
        scanner = StopScanner(request.stopStrings)
        // The answer's text goes on from the prompt's: a first word keeps the space in front of it.
        for token in request.past + request.tokens { _ = self.decoder?.push(token) }
        // Nothing to choose: all but the last token are fed, as after any other answer.
        if request.maxTokens == 0 { pending.removeLast() }
    }

    var isDone: Bool { finish != nil || (request.maxTokens == 0 && pending.isEmpty) }

    var answer: Answer {
        let history = request.past + request.tokens + generated
        return Answer(text: text, tokens: generated, finish: finish ?? .length, session: session, history: history)
    }

    /// What to feed next. The session moves into it, so that nobody else holds it while it is written.
    mutating func takeFeed() -> Machine.Feed {
        let feed = Machine.Feed(session, pending[...], wanted: request.maxTokens == 0 ? .none : .last)
        session = .none
        pending = []
        return feed
    }

    /// Chooses the next token from the logits, and hands on what text it completes.
    mutating func take(_ logits: UnsafeBufferPointer<Float>, _ emit: ([UInt8]) throws -> Void) throws {
        let token = sampler.next(logits, seen: seen)
        generated.append(token)
        pending = [token]
        if request.sampling.repetitionPenalty != 1 { seen.insert(token) }
        if endOfText.contains(token) { return try end(.stop, emit) }
        try pass(decoder?.push(token) ?? [], emit)
        if scanner.stopped { finish = .stop } else if generated.count >= request.maxTokens { try end(.length, emit) }
    }

    private mutating func end(_ reason: Answer.Finish, _ emit: ([UInt8]) throws -> Void) throws {
        finish = reason
        try pass(decoder?.finish() ?? [], emit)
        let rest = scanner.finish()
        text += rest
        if !rest.isEmpty { try emit(rest) }
        if scanner.stopped { finish = .stop }
    }

    private mutating func pass(_ bytes: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
        let piece = scanner.pass(bytes)
        text += piece
        if !piece.isEmpty { try emit(piece) }
    }
}
