import Generation
import Models
import Tensors
import Toolkit

/// One thing that users wait for, done over and over.
protocol Workload: AnyObject {
    /// Does it once; returns how many tokens that were.
    func step() throws -> Int
}

/// A prompt of random tokens, read up to the logits that follow it.
final class PromptReading: Workload {
    private let machine: Machine
    private let ranking: LogitRanking
    private let tokens: [Int32]
    private let start: Session

    init(_ machine: Machine, tokens count: Int, from start: Session) {
        var random = Random(seed: 1)
        (self.machine, ranking, self.start) = (machine, LogitRanking(machine.kernels), start)
        tokens = (0..<count).map { _ in machine.randomToken(&random) }
    }

    func step() throws -> Int {
        _ = try read()
        return tokens.count
    }

    /// The session that has read it.
    func read() throws -> Session {
        var feeds = [Machine.Feed(start, tokens[...], wanted: .last)]
        try machine.run(&feeds) { _, _, row in _ = ranking.likeliest(row) }
        return feeds[0].session
    }
}

/// Several texts that go on by one token each, the likeliest one looked for each time, as greedy answers are. What is fed is random:
/// a model of random weights would soon repeat itself. After `answerLength` tokens they begin again, so that their context stays what it
/// is said to be.
final class Decoding: Workload {
    private let machine: Machine
    private let ranking: LogitRanking
    private let start: Session
    private var feeds: [Machine.Feed]
    private var fed = 0
    private var random = Random(seed: 2)

    private static let answerLength = 64

    init(_ machine: Machine, batch: Int, from session: Session) {
        (self.machine, ranking, start) = (machine, LogitRanking(machine.kernels), session)
        feeds = (0..<batch).map { _ in Machine.Feed(session, [], wanted: .last) }
    }

    func step() throws -> Int {
        if fed == Decoding.answerLength {
            for index in feeds.indices { feeds[index].session = start }
            fed = 0
        }
        fed += 1
        for index in feeds.indices {
            let session = feeds[index].session
            // Held in one place only, so that its state is not copied.
            feeds[index].session = .none
            feeds[index] = Machine.Feed(session, [machine.randomToken(&random)], wanted: .last)
        }
        try machine.run(&feeds) { _, _, row in _ = ranking.likeliest(row) }
        return feeds.count
    }
}

extension Machine {
    func randomToken(_ random: inout Random) -> Int32 { Int32(random.next() % UInt64(max(1, vocabulary))) }
}

extension LogitRanking {
    /// The token that a greedy answer goes on with.
    fileprivate func likeliest(_ logits: UnsafeBufferPointer<Float>) -> Int32 { first(look(at: logits), logits) }
}
