/// How a request comes to the start of its text: which part of it others have fed, or are about to, and where to leave sessions for others.
struct PrefixPlan {
    /// Where to go on from, if a session was kept that helps.
    var start: PrefixNode?
    /// Where to go on from once another request has come to it; better than `start`.
    var awaited: PrefixNode?
    /// Where to stop on the way and leave the session, in order.
    var cuts: [PrefixNode] = []

    /// Tokens that have to be saved by it for a cut to be worth its while.
    static let worth = 16

    /// Everything is fed.
    init() {}

    /// The plan for feeding `text` from its `fed`-th token on.
    init(_ text: ArraySlice<Int32>, from fed: Int, _ tree: PrefixTree) {
        let path = tree.path(of: text).filter { $0.depth >= fed + PrefixPlan.worth }
        start = path.last { $0.session != nil }
        awaited = path.last { $0.isExpected && $0.depth > start?.depth ?? 0 }
        var last = awaited?.depth ?? start?.depth ?? fed
        for node in path where node.texts > 1 && node.depth >= last + PrefixPlan.worth {
            cuts.append(node)
            last = node.depth
        }
    }
}
