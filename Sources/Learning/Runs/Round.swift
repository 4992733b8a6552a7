/// A part of a run with data of its own, for which weights and optimiser begin anew. Most runs are a single one.
public struct Round: Hashable, Sendable {
    /// The first is 1.
    public let number: Int
    /// Steps of the rounds before.
    public let start: Int
    public let steps: Int

    /// Steps of the run when it is done.
    public var end: Int { start + steps }

    /// The rounds of a run, from the steps of each.
    public static func all(_ steps: [Int]) -> [Round] {
        var end = 0
        return steps.enumerated().map { index, steps in
            defer { end += steps }
            return Round(number: index + 1, start: end, steps: steps)
        }
    }
}
