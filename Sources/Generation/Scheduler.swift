import Basis
import Models
import Tokens

/// Answers requests, several at a time: each step feeds every request in flight what it has to be fed, new ones their prompt, and as
/// soon as one is done the next takes its place. What a request is answered does not depend on what else is in flight.
public final class Scheduler {
    private let machine: Machine
    private let tokenizer: Tokenizer?
    private let endOfText: Set<Int32>
    private let batch: Int
    private var flights: [Flight] = []

    /// `batch` requests at a time at most. `tokenizer` may be nil if nobody wants text.
    public init(_ machine: Machine, tokenizer: Tokenizer?, endOfText: Set<Int32>, batch: Int) {
        (self.machine, self.tokenizer, self.endOfText, self.batch) = (machine, tokenizer, endOfText, max(1, batch))
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

    /// Answers everything that `next` gives; it may wait for input only when told that it can, for then nothing is in flight. If `next`
    /// fails, what is in flight is finished first.
    public func run(_ next: (_ mayWait: Bool) throws -> Arrival, _ events: Events) throws {
        var failure: (any Error)?, ended = false, count = 0
        while true {
            while !ended, flights.count < batch {
                do {
                    guard case .request(let request) = try arrival(next, &ended) else { break }
                    try machine.check(request)
                    let decoder = tokenizer.map { StreamDecoder($0) }
                    flights.append(Flight(number: count, request: request, decoder: decoder, endOfText: endOfText))
                    count += 1
                } catch {
                    (failure, ended) = (error, true)
                }
            }
            guard !flights.isEmpty else { break }
            try step(events)
        }
        if let failure { throw failure }
    }

    private func arrival(_ next: (Bool) throws -> Arrival, _ ended: inout Bool) throws -> Arrival {
        let arrival = try next(flights.isEmpty)
        if case .end = arrival { ended = true }
        return arrival
    }

    private func step(_ events: Events) throws {
        var feeds = flights.indices.map { flights[$0].takeFeed() }
        try machine.run(&feeds) { index, _, logits in
            let number = flights[index].number
            try flights[index].take(logits) { piece in try events.text(number, piece) }
        }
        for index in flights.indices { flights[index].session = feeds[index].session }
        feeds = []
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
    }

    /// Refuses tokens that the model does not know.
    public func check(_ tokens: [Int32]) throws {
        guard let stranger = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) else { return }
        throw Failure("token \(stranger) is not in the model's vocabulary of \(vocabulary)")
    }
}
