import Models

/// A place in a text where prompts part, or where one ends.
package final class PrefixNode {
    /// Tokens from the node above to this one.
    fileprivate var label: ArraySlice<Int32>
    /// Tokens from the start of the text.
    package let depth: Int
    fileprivate var children: [Int32: PrefixNode] = [:]
    /// Texts that go through here.
    package fileprivate(set) var texts: Int
    /// The session after these tokens, if it was kept.
    package fileprivate(set) var session: Session?
    /// Whether a request in flight is on its way here, and will leave its session.
    var isExpected = false

    fileprivate init(label: ArraySlice<Int32>, depth: Int, texts: Int) { (self.label, self.depth, self.texts) = (label, depth, texts) }
}

/// The texts that were met, as a radix tree in which sessions are kept where texts part (as in RadixAttention; Zheng et al. 2023,
/// "SGLang", section 3). As many sessions as `Limits` allow are kept: those that no second text goes through are dropped first, else
/// those not used for longest. Texts are forgotten all at once when there are too many.
package final class PrefixTree {
    package struct Limits {
        package var sessions = 64
        /// Of the sessions; one is kept whatever its size.
        package var bytes = 256 << 20
        /// Of all texts together.
        package var tokens = 1 << 20

        package init() {}
    }

    private let limits: Limits
    private var root = PrefixNode(label: [], depth: 0, texts: 0)
    /// Those with a session, the one used last at the end.
    private var kept: [PrefixNode] = []
    private var size = 0

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    deinit { forget() }

    /// Whether there are too many texts to add another.
    package var isFull: Bool { size > limits.tokens }

    /// What a node takes beside its tokens, counted in tokens.
    private static let sizeOfNode = 64

    /// Forgets everything.
    package func forget() {
        // One by one: a chain of nodes that free each other could be deeper than the stack.
        var nodes = [root]
        while let node = nodes.popLast() {
            nodes += node.children.values
            node.children = [:]
        }
        for node in kept { node.session = nil }
        (root, kept, size) = (PrefixNode(label: [], depth: 0, texts: 0), [], 0)
    }

    /// Adds a text; returns the node at its end.
    @discardableResult
    package func insert(_ text: ArraySlice<Int32>) -> PrefixNode {
        var (node, rest) = (root, text)
        while let first = rest.first {
            guard let child = node.children[first] else { return add(rest, below: node) }
            let common = PrefixTree.common(child.label, rest)
            node = common < child.label.count ? split(child, below: node, at: common) : child
            node.texts += 1
            rest = rest.dropFirst(common)
        }
        return node
    }

    /// How many tokens two texts have in common at their start.
    private static func common(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                let limit = min(a.count, b.count)
                var count = 0
                while count < limit, a[count] == b[count] { count += 1 }
                return count
            }
        }
    }

    private func add(_ label: ArraySlice<Int32>, below parent: PrefixNode) -> PrefixNode {
        // A copy of its own: a slice would keep the whole text in memory.
        let node = PrefixNode(label: Array(label)[...], depth: parent.depth + label.count, texts: 1)
        if let first = label.first { parent.children[first] = node }
        size += label.count + PrefixTree.sizeOfNode
        return node
    }

    private func split(_ child: PrefixNode, below parent: PrefixNode, at count: Int) -> PrefixNode {
        let upper = PrefixNode(label: child.label.prefix(count), depth: parent.depth + count, texts: child.texts)
        child.label = child.label.dropFirst(count)
        if let first = child.label.first { upper.children[first] = child }
        if let first = upper.label.first { parent.children[first] = upper }
        size += PrefixTree.sizeOfNode
        return upper
    }

    /// The nodes that a text goes through, from its start on.
    package func path(of text: ArraySlice<Int32>) -> [PrefixNode] {
        var (node, rest, path) = (root, text, [PrefixNode]())
        while let first = rest.first, let child = node.children[first], PrefixTree.common(child.label, rest) == child.label.count {
            path.append(child)
            rest = rest.dropFirst(child.label.count)
            node = child
        }
        return path
    }

    /// Keeps the session after the tokens of a node.
    package func keep(_ session: Session, at node: PrefixNode) {
        node.session = session
        touch(node)
        var bytes = kept.reduce(0) { $0 + ($1.session?.bytes ?? 0) }
        while kept.count > 1, kept.count > limits.sessions || bytes > limits.bytes {
            let dropped = kept.remove(at: kept.firstIndex { $0.texts < 2 } ?? 0)
            bytes -= dropped.session?.bytes ?? 0
            dropped.session = nil
        }
    }

    /// Notes that a node's session was used.
    func touch(_ node: PrefixNode) {
        kept.removeAll { $0 === node }
        kept.append(node)
    }
}
