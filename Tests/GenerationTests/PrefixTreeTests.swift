import Models
import Tensors
import Testing

import Generation

@Suite struct PrefixTreeTests {
    private func texts(_ count: Int, _ random: inout Random) -> [[Int32]] {
        (0..<count).map { _ in (0..<Int(random.next() % 12)).map { _ in Int32(random.next() % 2) } }
    }

    @Test func aPathGoesThroughEveryPlaceWhereTextsPartOrEnd() {
        var random = Random(seed: 1)
        for _ in 0..<200 {
            let tree = PrefixTree(), known = texts(12, &random)
            for text in known { #expect(tree.insert(text[...]).depth == text.count) }
            for text in texts(5, &random) + known {
                let path = tree.path(of: text[...])
                #expect(Set(path.map(\.depth)) == partings(of: text, known))
                for node in path { #expect(node.texts == known.count { $0.starts(with: text[..<node.depth]) }) }
            }
        }
    }

    /// Lengths of the beginnings of a text at which a known one ends, or two of them part.
    private func partings(of text: [Int32], _ known: [[Int32]]) -> Set<Int> {
        Set((0...text.count).dropFirst().filter { depth in
            let through = known.filter { $0.starts(with: text[..<depth]) }
            return through.contains { $0.count == depth } || Set(through.map { $0[depth] }).count > 1
        })
    }

    /// A session whose states take `count` times four bytes.
    private func session(_ count: Int) throws -> Session {
        try Graph { model in
            let x = model.embedding("e", vocabulary: 9, width: count)
            return x.recurrence(decay: x.sigmoid, name: "h")
        }.session
    }

    @Test func sessionsThatNobodySharesAreDroppedFirst() throws {
        var limits = PrefixTree.Limits()
        (limits.sessions, limits.bytes) = (3, 1000)
        let tree = PrefixTree(limits), texts: [[Int32]] = [[1, 2], [3, 4], [5, 6], [7, 8]]
        let nodes = texts.map { tree.insert($0[...]) }
        tree.insert([1, 2, 9])
        for node in nodes[..<3] { tree.keep(try session(10), at: node) }
        #expect(nodes.map { $0.session != nil } == [true, true, true, false])
        tree.keep(try session(10), at: nodes[3])
        #expect(nodes.map { $0.session != nil } == [true, false, true, true])
        // 40 bytes are there, and 980 come.
        tree.keep(try session(245), at: nodes[2])
        #expect(nodes.map { $0.session != nil } == [true, false, false, false])
    }

    @Test func textsAreForgottenWithoutAStackAsDeepAsTheyAre() throws {
        var limits = PrefixTree.Limits()
        limits.tokens = 1 << 23
        let tree = PrefixTree(limits), text = [Int32](repeating: 7, count: 6000)
        for end in 1...text.count { tree.insert(text[..<end]) }
        #expect(tree.path(of: text[...]).count == 6000 && !tree.isFull)
        tree.forget()
        #expect(tree.path(of: text[...]).isEmpty)
    }
}
