import Models
import Tokens

/// A request on its way to its answer.
struct Flight {
    let number: Int
    let request: Request
    /// All tokens: past, prompt, and answer so far.
    private(set) var text: [Int32]
    private let promptEnd: Int
    /// The session after the first `fed` tokens of the text.
    private(set) var session: Session
    private(set) var fed: Int
    private var plan: PrefixPlan
    private var sampler: Sampler
    private var seen: Set<Int32>
    private var written: AnswerText
    private let endOfText: Set<Int32>
    private var finish: Answer.Finish?
    private var thoughts: [[Int32]] = []
    // Of one step: what follows the text in its feed, as a guess; the session before it; the tokens chosen in it.
    private var lookup: PromptLookup
    private var draft: [Int32] = []
    private var before: Session?
    private var chosen = 0

    init(number: Int, request: Request, plan: PrefixPlan, ranking: LogitRanking, decoder: StreamDecoder?, endOfText: Set<Int32>) {
        (self.number, self.request, self.plan, session, fed) = (number, request, plan, request.session, request.past.count)
        text = request.text
        promptEnd = text.count
        self.endOfText = request.ignoresEndOfText ? [] : endOfText
        seen = request.sampling.repetitionPenalty == 1 ? [] : Set(text)
        sampler = Sampler(request.sampling, ranking)
        written = AnswerText(after: text, decoder, stops: request.stopStrings)
        lookup = PromptLookup(longest: request.draftTokens)
        if let start = plan.start { go(on: start) }
    }

    /// The tokens that the session has to see: all but the last, once nothing is to be chosen any more.
    private var goal: Int { finish != nil || request.maxTokens == 0 ? text.count - 1 : text.count }

    var isDone: Bool { fed == goal && goal < text.count }

    /// Whether it is still in its prompt.
    var isReading: Bool { text.count == promptEnd }

    var answer: Answer {
        Answer(
            text: written.text, tokens: Array(text[promptEnd...]), finish: finish ?? .length, session: session, history: text,
            thoughts: thoughts, drafted: lookup.drafted, accepted: lookup.accepted)
    }
}

// Sharing of prefixes.
extension Flight {
    /// Where it waits for another request to leave a session.
    var awaited: PrefixNode? { plan.awaited }

    /// The node that it has come to, where its session is to be kept for others; from there it goes on itself.
    mutating func leaveSession() -> PrefixNode? {
        guard let node = plan.cuts.first, node.depth == fed else { return nil }
        return plan.cuts.removeFirst()
    }

    /// Goes on from a kept session.
    mutating func go(on node: PrefixNode) {
        guard let kept = node.session else { return }
        (session, fed, plan.awaited) = (kept, node.depth, nil)
    }
}

// One step.
extension Flight {
    /// Tokens to feed before anything else happens, without a guess.
    var need: Int { min(goal, plan.cuts.first?.depth ?? goal) - fed }

    /// What to feed next, at most `room` tokens. The session moves into it, so that nobody else holds it while it is written.
    mutating func takeFeed(room: Int) -> Machine.Feed {
        let end = fed + min(need, room), choosesNext = end == text.count
        // After a guess that was wrong some of the text is fed again: that first, and no new guess.
        draft = choosesNext && end == fed + 1 ? guess(room - 1) : []
        before = draft.isEmpty ? nil : session
        let feed = Machine.Feed(session, ArraySlice(Array(text[fed..<end]) + draft), wanted: choosesNext ? .suffix(1 + draft.count) : .none)
        (session, chosen) = (.none, 0)
        return feed
    }

    /// A guess that is no longer than what may still be chosen before the last token, and ends before the text would.
    private mutating func guess(_ room: Int) -> [Int32] {
        let draft = lookup.draft(after: text, limit: min(room, request.maxTokens - (text.count - promptEnd) - 1))
        return Array(draft.prefix { !endOfText.contains($0) })
    }

    /// Chooses the next token from the logits after the text, or after it and the right part of the guess; what follows on a wrong guess
    /// is not looked at. Hands on what text the token completes.
    mutating func take(_ logits: UnsafeBufferPointer<Float>, _ emit: ([UInt8]) throws -> Void) throws {
        guard finish == nil, chosen == 0 || draft[chosen - 1] == text.last else { return }
        let token = sampler.next(logits, seen: seen)
        text.append(token)
        chosen += 1
        if request.sampling.repetitionPenalty != 1 { seen.insert(token) }
        if endOfText.contains(token) {
            finish = .stop
            try written.end(emit)
        } else {
            try written.push(token, emit)
            if text.count - promptEnd >= request.maxTokens, !written.stopped {
                finish = .length
                try written.end(emit)
            }
        }
        if written.stopped { finish = .stop }
    }

    /// What the draws of the next thought begin with.
    var thoughtSeed: UInt64 { Thinker.seed(request.sampling.seed, after: text.count) }

    /// The next thought, if it is given.
    var givenThought: [Int32]? { isReading ? request.thought : nil }

    /// The next token was thought about.
    mutating func note(_ thought: [Int32]) { if finish == nil { thoughts.append(thought) } }

    /// Takes back what was fed. After a wrong guess that is of no use: the session of before will be fed what was right.
    mutating func settle(_ feed: Machine.Feed) {
        let isRight = chosen == draft.count + 1 || draft.isEmpty
        if !draft.isEmpty { lookup.learn(drafted: draft.count, accepted: zip(draft, text.suffix(chosen)).prefix { $0 == $1 }.count) }
        if isRight { fed += feed.tokens.count }
        session = isRight ? feed.session : before ?? feed.session
        (draft, before) = ([], nil)
    }
}
