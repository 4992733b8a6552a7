import Toolkit

/// A script for gnuplot that draws how well models predict and answer over the tokens of thought that they may have, with bars of a
/// standard error up and down.
public struct QualityPlot: Plottable {
    private let curves: [QualityCurve]

    public init(_ curves: [QualityCurve]) { self.curves = curves }

    public func script(output: (path: String, terminal: PlotTerminal)? = nil) -> String {
        let panels = panels
        let size = " size \(700 * panels.count),600"
        let target = output.map { "set terminal \($0.terminal.rawValue)\(size)\nset output \(quoted($0.path))\n" } ?? ""
        return target + """
            set grid
            set xlabel 'tokens of thought'
            set multiplot layout 1,\(panels.count)

            """ + panels.joined() + "unset multiplot\n"
    }

    private var panels: [String] {
        [
            panel("bits per byte", curves.filter(\.areBits).map { Line($0.title, $0.losses) }),
            panel("nats a token", curves.filter { !$0.areBits }.map { Line($0.title, $0.losses) }),
            panel("accuracy", curves.flatMap { curve in curve.accuracies.map { Line(title(curve, $0), $0.points) } }, range: 0...1),
        ].compactMap { $0 }
    }

    private func title(_ curve: QualityCurve, _ accuracy: QualityCurve.Accuracy) -> String {
        guard curve.accuracies.count > 1 else { return curve.title }
        return (curves.count > 1 ? "\(curve.title), " : "") + (accuracy.kind ?? "all")
    }

    private struct Line {
        let title: String
        let points: [QualityCurve.Point]

        init(_ title: String, _ points: [QualityCurve.Point]) { (self.title, self.points) = (title, points) }
    }

    /// Nil without a point.
    private func panel(_ title: String, _ lines: [Line], range: ClosedRange<Double>? = nil) -> String? {
        let lines = lines.filter { !$0.points.isEmpty }, points = lines.flatMap(\.points)
        guard let first = points.map(\.think).min(), let last = points.map(\.think).max() else { return nil }
        let range = range ?? QualityPlot.range(points)
        let ranges = "[\(Double(first) - 0.5):\(Double(last) + 0.5)] [\(range.lowerBound):\(range.upperBound)]"
        let name = title.prefix { $0 != " " }
        var data = "", plots: [String] = []
        for (index, line) in lines.enumerated() {
            data += "$\(name)\(index) << END\n" + line.points.map { "\($0.think) \($0.value) \($0.error)\n" }.joined() + "END\n"
            plots.append("$\(name)\(index) using 1:2:3 with yerrorlines pt 7 lc \(index + 1) title \(quoted(line.title))")
        }
        // Ranges are given, since gnuplot complains where there is one point only; the key needs room for its lines.
        return data + """
            set bmargin \(5 + (lines.count + 1) / 2)
            set xtics (\(Set(points.map(\.think)).sorted().map(String.init).joined(separator: ",")))
            set ylabel '\(title)'
            set key below noenhanced
            plot \(ranges) \(plots.joined(separator: ", \\\n    "))

            """
    }

    /// What holds all bars, and a little more.
    private static func range(_ points: [QualityCurve.Point]) -> ClosedRange<Double> {
        let low = points.map { $0.value - $0.error }.min() ?? 0, high = points.map { $0.value + $0.error }.max() ?? 0
        let margin = max((high - low) / 20, 0.001)
        return low - margin...high + margin
    }
}

extension QualityCurve {
    /// The end of the model's name: gnuplot complains of what does not fit below a panel.
    fileprivate var title: String { String((model.split(separator: "/").last ?? "").suffix(40)) }
}

extension QualityReport {
    /// The curve over the numbers of tokens of thought.
    public var plot: QualityPlot {
        get throws { QualityPlot([try QualityCurve(.object(record))]) }
    }
}
