import Basis
import Glibc

/// Ways to answer, compared over worlds: means with 95 % intervals over the worlds (Student's t).
struct Table {
    /// A way to answer: a file in the folder of every world.
    let arms: [String]
    /// By world, by arm.
    private let scores: [[String: Scores]]

    init(arms: [String], _ scores: [[String: Scores]]) { (self.arms, self.scores) = (arms, scores) }

    struct Mean {
        let mean: Double
        /// Half the width of the interval; nil of a single value.
        let reach: Double?

        init(_ values: [Double]) {
            let count = Double(values.count), mean = values.reduce(0, +) / count
            self.mean = mean
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            reach = values.count < 2 ? nil : Mean.quantile(values.count - 1) * (squares / (count - 1) / count).squareRoot()
        }

        /// Student's t that 97.5 % lie below, for 1 to 10 degrees of freedom; beyond, that of 10, which is on the safe side.
        private static func quantile(_ degrees: Int) -> Double {
            [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228][min(degrees, 10) - 1]
        }

        var text: String { Mean.rounded(mean) + (reach.map { " ± \(Mean.rounded($0))" } ?? "") }

        static func rounded(_ x: Double) -> String {
            let tenths = Int((10 * x).rounded()), sign = tenths < 0 ? "-" : ""
            return "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
        }
    }

    private func values(_ arm: String, _ value: (Scores) -> Double?) -> [Double] { scores.compactMap { $0[arm].flatMap(value) } }

    func mean(_ arm: String, _ value: (Scores) -> Double?) -> Mean? {
        let values = values(arm, value)
        return values.isEmpty ? nil : Mean(values)
    }

    /// By how much the way `full` answers held-out questions better than another, world by world.
    private func lead(of full: String, over arm: String) -> Mean? {
        let pairs = scores.compactMap { world -> Double? in
            guard let a = world[full]?.accuracy("held-out"), let b = world[arm]?.accuracy("held-out") else { return nil }
            return a - b
        }
        return pairs.isEmpty || arm == full ? nil : Mean(pairs)
    }

    /// As Markdown.
    func text(full: String) -> String {
        let kinds = ["held-out", "held-out, 2 hops", "held-out, 3 hops", "second", "first"]
        var lines = ["| | " + (kinds + ["sound thoughts", "`\(full)` leads by", "each world"]).joined(separator: " | ") + " |"]
        lines.append(String(repeating: "|---", count: kinds.count + 4) + "|")
        for arm in arms {
            var cells = kinds.map { kind in mean(arm) { $0.accuracy(kind) }?.text ?? "" }
            cells.append(mean(arm) { $0.soundThoughts }?.text ?? "")
            cells.append(lead(of: full, over: arm)?.text ?? "")
            cells.append(values(arm) { $0.accuracy("held-out") }.map(Mean.rounded).joined(separator: " "))
            lines.append("| \(arm) | " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What gnuplot draws: tokens of thought, the mean, and where its interval begins and ends, for the arms `prefix` and a number.
    func curve(_ prefix: String) -> String {
        arms.filter { $0.hasPrefix(prefix) }.compactMap { arm in
            guard let length = Int(arm.dropFirst(prefix.count)), let mean = mean(arm, { $0.accuracy("held-out") }) else { return nil }
            let reach = mean.reach ?? 0
            return "\(length)\t\(mean.mean)\t\(max(0, mean.mean - reach))\t\(min(100, mean.mean + reach))\n"
        }.joined()
    }
}
