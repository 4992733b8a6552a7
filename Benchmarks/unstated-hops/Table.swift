import Measuring

/// Ways to answer, compared over worlds: means with 95 % intervals over the worlds (Student's t).
struct Table {
    /// A way to answer: a file in the folder of every world.
    let arms: [String]
    /// By world, by arm.
    private let scores: [[String: Scores]]

    init(arms: [String], _ scores: [[String: Scores]]) { (self.arms, self.scores) = (arms, scores) }

    private static func rounded(_ x: Double) -> String {
        let tenths = Int((10 * x).rounded()), sign = tenths < 0 ? "-" : ""
        return "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// A mean, and half the width of its interval where there is one.
    private static func text(_ mean: Estimate?) -> String {
        guard let mean else { return "" }
        return rounded(mean.value) + (mean.interval.map { " ± " + rounded($0.upperBound - mean.value) } ?? "")
    }

    private func values(_ arm: String, _ value: (Scores) -> Double?) -> [Double] { scores.compactMap { $0[arm].flatMap(value) } }

    func mean(_ arm: String, _ value: (Scores) -> Double?) -> Estimate? {
        let values = values(arm, value)
        return values.isEmpty ? nil : Estimate(mean: values)
    }

    /// By how much the way `full` answers held-out questions better than another, world by world.
    private func lead(of full: String, over arm: String) -> Estimate? {
        let pairs = scores.compactMap { world -> Double? in
            guard let a = world[full]?.accuracy("held-out"), let b = world[arm]?.accuracy("held-out") else { return nil }
            return a - b
        }
        return pairs.isEmpty || arm == full ? nil : Estimate(mean: pairs)
    }

    /// As Markdown.
    func text(full: String) -> String {
        let kinds = ["held-out", "held-out, 2 hops", "held-out, 3 hops", "second", "first"]
        var lines = ["| | " + (kinds + ["sound thoughts", "`\(full)` leads by", "each world"]).joined(separator: " | ") + " |"]
        lines.append(String(repeating: "|---", count: kinds.count + 4) + "|")
        for arm in arms {
            var cells = kinds.map { kind in Table.text(mean(arm) { $0.accuracy(kind) }) }
            cells.append(Table.text(mean(arm) { $0.soundThoughts }))
            cells.append(Table.text(lead(of: full, over: arm)))
            cells.append(values(arm) { $0.accuracy("held-out") }.map(Table.rounded).joined(separator: " "))
            lines.append("| \(arm) | " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
