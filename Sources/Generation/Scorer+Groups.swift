import Models

// Texts that begin alike.
extension Scorer {
    /// For each way, for each group, the scores of its texts. What the texts of a group have in common before what is scored is read once.
    public func scores(ofGroups groups: [[ScoredText]]) throws -> [[[[TokenScore]]]] {
        let texts = groups.flatMap { $0 }
        for text in texts { try check(text) }
        guard !thinks else { return try scores(of: texts).map { Scorer.grouped($0, as: groups) } }
        let scores = Scorer.grouped(try scoresOnForks(groups), as: groups)
        return ways.map { _ in scores }
    }

    private static func grouped(_ scores: [[TokenScore]], as groups: [[ScoredText]]) -> [[[TokenScore]]] {
        var rest = scores[...]
        return groups.map { group in
            defer { rest = rest.dropFirst(group.count) }
            return Array(rest.prefix(group.count))
        }
    }

    private func scoresOnForks(_ groups: [[ScoredText]]) throws -> [[TokenScore]] {
        let shared = groups.map(ScoredText.shared)
        var stems = zip(groups, shared).map { group, count in
            Machine.Feed(session, group.first?.tokens.prefix(count) ?? [], wanted: .none)
        }
        try machine.run(&stems) { _, _, _ in }
        let texts = zip(groups.indices, groups).flatMap { index, group in group.map { (text: $0, group: index) } }
        var feeds = texts.map { Machine.Feed(stems[$1].session, $0.tokens[shared[$1]...].dropLast(), wanted: .suffix($0.count)) }
        stems = []
        var scores = [[TokenScore]](repeating: [], count: texts.count)
        try machine.run(&feeds) { index, position, logits in
            let (text, group) = texts[index]
            scores[index].append(score(of: text.tokens[shared[group] + position + 1], logits, thought: []))
        }
        return scores
    }

    /// A scorer of what goes on after these tokens.
    public func after(_ tokens: ArraySlice<Int32>) throws -> Scorer {
        try machine.check(Array(tokens))
        var feeds = [Machine.Feed(session, tokens, wanted: .none)]
        try machine.run(&feeds) { _, _, _ in }
        return Scorer(machine, from: feeds.first?.session ?? session, ways: ways)
    }
}

extension ScoredText {
    /// How many tokens texts have in common at their start, before the last token that none of them scores.
    public static func shared(_ texts: [ScoredText]) -> Int {
        guard let first = texts.first else { return 0 }
        return texts.reduce(first.start - 1) { shared, text in
            var count = 0
            let most = min(shared, text.start - 1, text.tokens.count - 1)
            while count < most, text.tokens[count] == first.tokens[count] { count += 1 }
            return count
        }
    }

    /// The text without its first tokens, which are not scored.
    public func dropping(_ count: Int) -> ScoredText { ScoredText(Array(tokens.dropFirst(count)), from: start - count, seed: seed) }
}
