import Tensors

/// Sums of two numbers, and experts who say what they are: each is wrong on problems of its own, always in the same way.
package struct AddingExperts: Sendable {
    /// 10 to 29.
    static let operands = 10..<30
    /// How often an expert is wrong.
    static let wrong = 0.4

    /// How their mistakes are.
    package enum Mistakes: String, CaseIterable, Sendable {
        /// Eight experts, each with mistakes of its own.
        case diverse
        /// Eight experts, all with the same mistakes.
        case shared
        /// One expert.
        case single

        package var experts: Int { self == .single ? 1 : 8 }
    }

    package struct Problem: Sendable {
        package let a: Int
        package let b: Int
        /// What each expert says that it is.
        package let answers: [Int]

        package var sum: Int { a + b }
    }

    package let problems: [Problem]

    package init(_ mistakes: Mistakes, _ random: inout Random) {
        problems = Self.operands.flatMap { a in
            Self.operands.map { b in
                let shared = AddingExperts.answer(a + b, &random)
                let answers = (0..<mistakes.experts).map { _ in mistakes == .shared ? shared : AddingExperts.answer(a + b, &random) }
                return Problem(a: a, b: b, answers: answers)
            }
        }
    }

    private static func answer(_ sum: Int, _ random: inout Random) -> Int {
        guard random.uniformDouble() < wrong else { return sum }
        let others = (2 * operands.lowerBound...2 * (operands.upperBound - 1)).filter { $0 != sum }
        return others[Int.random(in: others.indices, using: &random)]
    }

    /// The share of problems that each expert answers rightly.
    package var accuracies: [Double] {
        (problems.first?.answers ?? []).indices.map { expert in
            Double(problems.count { $0.answers[expert] == $0.sum }) / Double(problems.count)
        }
    }

    /// That of what most of them answer.
    package var ceiling: Double { problems.reduce(0) { $0 + DrawnAnswers.plurality(of: $1.sum, $1.answers) } / Double(problems.count) }
}

// As text: `a + b = c`, a token each.
extension AddingExperts {
    /// Numbers from 10 on, then `+` and `=`.
    static let vocabulary = 2 * operands.upperBound - 1 - operands.lowerBound + 2

    static func token(_ number: Int) -> Int32 { Int32(number - operands.lowerBound) }

    static func question(_ problem: Problem) -> [Int32] {
        [token(problem.a), Int32(vocabulary - 2), token(problem.b), Int32(vocabulary - 1)]
    }
}
