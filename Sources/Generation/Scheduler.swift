import Basis
import Models
import Tokens

/// Answers requests, several at a time: each step feeds every request in flight what it has to be fed, new ones their prompt, and as
/// soon as one is done the next takes its place. What prompts have in common at their start is fed once. What a request is answered does
/// not depend on what else is in flight, nor on what was.
public final class Scheduler {
    private let machine: Machine
    private let tokenizer: Tokenizer?
    private let endOfText: Set<Int32>
    private let batch: Int
    private let ranking: LogitRanking
    private let limits: PrefixTree.Limits
    private let thinker: Thinker?
    private var prefixes: Prefixes
    private var waiting: [Request] = []
    private var flights: [Flight] = []
    /// Requests that were in flight so far.
    private var count = 0
    /// Tokens that went through the model.
    package private(set) var tokensFed = 0

    /// `batch` requests at a time at most. `tokenizer` may be nil if nobody wants text. With a `thinker` every token is thought about.
    public convenience init(
        _ machine: Machine, tokenizer: Tokenizer?, endOfText: Set<Int32>, batch: Int, thinker: Thinker? = nil
    ) {
        self.init(
            machine, tokenizer: tokenizer, endOfText: endOfText, batch: batch, thinker: thinker, limits: PrefixTree.Limits())
    }

    package init(
        _ machine: Machine, tokenizer: Tokenizer?, endOfText: Set<Int32>, batch: Int, thinker: Thinker? = nil, limits: PrefixTree.Limits
    ) {
        self.thinker = thinker
        (self.machine, self.tokenizer, self.endOfText, self.batch) = (machine, tokenizer, endOfText, max(1, batch))
        (ranking, self.limits, prefixes) = (LogitRanking(machine.kernels), limits, Prefixes(limits))
    }

    /// Calls back with each piece of text of a request as it is known, and with its answer at the end. Requests are numbered from 0.
    public struct Events {
        public var text: (_ request: Int, _ piece: [UInt8]) throws -> Void
        public var answer: (_ request: Int, _ answer: Answer) throws -> Void

        public init(text: @escaping (Int, [UInt8]) throws -> Void, answer: @escaping (Int, Answer) throws -> Void) {
            (self.text, self.answer) = (text, answer)
        }
    }

    /// What `next` gives: a request, nothing for now, or the end.
    public enum Arrival {
        case request(Request)
        case nothingYet
        case end
    }

    /// Answers everything that `next` gives; it may wait for input only when told that it can, for then nothing is in flight. As many
    /// requests as fly at a time are taken in advance, if they are there, to see what they have in common. If `next` fails, what came
    /// before is answered first.
    public func run(_ next: (_ mayWait: Bool) throws -> Arrival, _ events: Events) throws {
        var failure: (any Error)?, ended = false
        // Nothing is left of a run that failed.
        (waiting, flights, count, prefixes) = ([], [], 0, Prefixes(limits))
        while true {
            while !ended, waiting.count + flights.count < 2 * batch {
                do {
                    guard case .request(let request) = try arrival(next, &ended) else { break }
                    try machine.check(request)
                    waiting.append(request)
                    prefixes.announce(waiting)
                } catch {
                    (failure, ended) = (error, true)
                }
            }
            admit()
            guard !flights.isEmpty else { break }
            try step(events)
        }
        if let failure { throw failure }
    }

    private func arrival(_ next: (Bool) throws -> Arrival, _ ended: inout Bool) throws -> Arrival {
        let arrival = try next(flights.isEmpty && waiting.isEmpty)
        if case .end = arrival { ended = true }
        return arrival
    }

    private func admit() {
        let seats = min(waiting.count, batch - flights.count)
        for request in waiting.prefix(seats) {
            flights.append(Flight(
                number: count, request: thinker == nil ? request : request.withoutGuesses, plan: prefixes.plan(for: request),
                ranking: ranking,
                decoder: tokenizer.map { StreamDecoder($0) }, endOfText: endOfText))
            count += 1
        }
        waiting.removeFirst(seats)
    }

    /// The flights that are fed in the next step, and their feeds: answers go on first, a token each or a guess; prompts take what room
    /// that leaves in a pass of the machine.
    private func takeFeeds() -> (fed: [Int], feeds: [Machine.Feed]) {
        let ready = flights.indices.filter { flights[$0].awaited == nil && !flights[$0].isDone }
        let answering = ready.filter { !flights[$0].isReading }
        var feeds = answering.map { flights[$0].takeFeed(room: Machine.rowLimit) }
        let room = Machine.rowLimit - feeds.reduce(0) { $0 + $1.tokens.count } % Machine.rowLimit
        let shares = shares(of: ready.filter { flights[$0].isReading }, room)
        feeds += shares.map { flights[$0.flight].takeFeed(room: $0.tokens) }
        return (answering + shares.map(\.flight), feeds)
    }

    /// How many tokens of its prompt each flight is fed: up to half of the room is the first one's, and of the rest short prompts are
    /// served before long ones, which would hold them up.
    private func shares(of reading: [Int], _ room: Int) -> [(flight: Int, tokens: Int)] {
        guard let first = reading.first else { return [] }
        let others = reading.dropFirst().sorted { flights[$0].need < flights[$1].need }
        var left = room - min(flights[first].need, room / 2), shares: [(flight: Int, tokens: Int)] = []
        for flight in others where left > 0 {
            shares.append((flight, min(left, flights[flight].need)))
            left -= min(left, flights[flight].need)
        }
        return shares + [(first, left + min(flights[first].need, room / 2))]
    }

    private func take(_ logits: UnsafeBufferPointer<Float>, for flight: Int, _ events: Events) throws {
        let number = flights[flight].number
        try flights[flight].take(logits) { piece in try events.text(number, piece) }
    }

    private func step(_ events: Events) throws {
        let fed: [Int]
        var feeds: [Machine.Feed]
        (fed, feeds) = takeFeeds()
        var choosing: [Int] = []
        try machine.run(&feeds) { index, _, logits in
            if thinker == nil { try take(logits, for: fed[index], events) } else { choosing.append(index) }
        }
        if let thinker, !choosing.isEmpty {
            let seeds = choosing.map { flights[fed[$0]].thoughtSeed }
            let given = choosing.map { flights[fed[$0]].givenThought }
            try thinker.think(choosing.map { feeds[$0].session }, seeds: seeds, given: given, machine) { index, logits, thought in
                flights[fed[choosing[index]]].note(thought)
                try take(logits, for: fed[choosing[index]], events)
            }
        }
        for (index, feed) in zip(fed, feeds) {
            flights[index].settle(feed)
            tokensFed += feed.tokens.count
        }
        feeds = []
        prefixes.share(among: &flights)
        for flight in flights where flight.isDone { try events.answer(flight.number, flight.answer) }
        flights.removeAll(where: \.isDone)
    }
}
extension Machine {
    /// Refuses a request that this model cannot answer.
    public func check(_ request: Request) throws {
        guard !request.tokens.isEmpty else { throw Failure("the prompt has no tokens") }
        try check(request.tokens)
        try request.sampling.check()
        guard (0...Request.longestDraft).contains(request.draftTokens) else {
            throw Failure("\(request.draftTokens) tokens cannot be guessed at a time, expected 0 to \(Request.longestDraft)")
        }
    }

    /// Refuses tokens that the model does not know.
    public func check(_ tokens: [Int32]) throws {
        guard let stranger = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) else { return }
        throw Failure("token \(stranger) is not in the model's vocabulary of \(vocabulary)")
    }
}
