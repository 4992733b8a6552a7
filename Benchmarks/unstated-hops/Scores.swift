import Basis

/// Of one world and one way to answer: which questions were answered rightly, and what was thought.
struct Scores {
    private(set) var right: [String: [Bool]] = [:]
    private var thoughts: [(thought: [Int], question: World.Question)] = []
    private let world: World

    /// From the answers that `infer --json` gave to the requests of a world.
    init(_ answers: [JSON], _ world: World) throws {
        self.world = world
        for answer in answers {
            let id = answer["id"]?.arrayValue ?? []
            guard id.count == 3, let kind = id[0].stringValue, let symbol = id[1].intValue, let hops = id[2].intValue else {
                throw Failure("an answer has no id")
            }
            let question = World.Question(symbol: symbol, hops: hops), isRight = Scores.said(answer, world) == world.answer(to: question)
            for key in [kind, "\(kind), \(hops) hops"] { right[key, default: []].append(isRight) }
            if let thought = Scores.thought(answer, world), kind == "held-out" { thoughts.append((thought, question)) }
        }
    }

    /// What was thought, or said aloud before the sign of an answer.
    private static func thought(_ answer: JSON, _ world: World) -> [Int]? {
        if let thought = answer["thoughts"]?.arrayValue?.first?.arrayValue { return thought.compactMap(\.intValue) }
        let tokens = answer["tokens"]?.arrayValue?.compactMap(\.intValue) ?? []
        return tokens.lastIndex(of: world.answer).flatMap { $0 > 0 ? Array(tokens[..<$0]) : nil }
    }

    /// The token behind the last sign of an answer; the first where there is none.
    private static func said(_ answer: JSON, _ world: World) -> Int? {
        let tokens = answer["tokens"]?.arrayValue?.compactMap(\.intValue) ?? []
        guard let sign = tokens.lastIndex(of: world.answer) else { return tokens.first }
        return sign + 1 < tokens.count ? tokens[sign + 1] : nil
    }

    /// The share of right answers of a kind, in percent.
    func accuracy(_ kind: String) -> Double? {
        right[kind].map { 100 * Double($0.count { $0 }) / Double($0.count) }
    }

    /// The share of thoughts about held-out questions that work them out without a fault, in percent; nil where none are shown.
    var soundThoughts: Double? {
        thoughts.isEmpty ? nil : 100 * Double(thoughts.count { world.thought(of: $0.question).starts(with: $0.thought) }) / Double(thoughts.count)
    }
}
