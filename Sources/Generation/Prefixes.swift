import Models
import Tensors

/// Sees to it that requests whose texts start alike feed their common start once: the first one leaves its session where their ways part,
/// and the others go on from a fork of it. The end of an answer is kept too, for a prompt that goes on from there.
///
/// A recurrent model cannot go back: where to keep a session has to be known before the text is fed, so requests are announced early.
final class Prefixes {
    private let tree: PrefixTree
    /// What the sessions keep keys and values in; those of requests with another cache are left alone.
    private var cache: CacheElement?

    init(_ limits: PrefixTree.Limits) { tree = PrefixTree(limits) }

    /// Takes note of the last of the waiting requests.
    func announce(_ waiting: [Request]) {
        cache = cache ?? waiting.last?.session.cache
        if tree.isFull {
            tree.forget()
            for request in waiting.dropLast() { insert(request) }
        }
        if let request = waiting.last { insert(request) }
    }

    /// Of a text, all but the last token: that one has to be fed for its logits.
    private func insert(_ request: Request) { if shares(request) { tree.insert(request.text.dropLast()) } }

    /// Whether the request's session is known to be that of its past: only then a text stands for a session.
    private func shares(_ request: Request) -> Bool {
        request.session.position == request.past.count && request.session.cache == cache
    }

    /// How an announced request is to start.
    func plan(for request: Request) -> PrefixPlan {
        guard shares(request) else { return PrefixPlan() }
        let plan = PrefixPlan(request.text.dropLast(), from: request.past.count, tree)
        if let start = plan.start { tree.touch(start) }
        for node in plan.cuts { node.isExpected = true }
        return plan
    }

    /// Keeps the sessions that others wait for or may want, and lets go on who waited for them.
    func share(among flights: inout [Flight]) {
        for index in flights.indices {
            if let node = flights[index].leaveSession() {
                node.isExpected = false
                tree.keep(flights[index].session, at: node)
                for other in flights.indices where flights[other].awaited === node { flights[other].go(on: node) }
            }
            if flights[index].isDone { keepEnd(of: flights[index]) }
        }
    }

    private func keepEnd(of flight: Flight) {
        guard shares(flight.request), flight.fed >= flight.request.past.count + PrefixPlan.worth, !tree.isFull else { return }
        tree.keep(flight.session, at: tree.insert(flight.text.dropLast()))
    }
}

extension Request {
    /// All tokens up to the answer.
    var text: [Int32] { past + tokens }
}
