import Toolkit

/// A script for gnuplot: tokens a second of each device over what is swept, the first of batch, prompt and chips that varies.
public struct SweepPlot: Plottable {
    private let report: SweepReport

    public init(_ report: SweepReport) { self.report = report }

    public func script(output: (path: String, terminal: PlotTerminal)?) -> String {
        let target = output.map { "set terminal \($0.terminal.rawValue) size 900,600\nset output \(quoted($0.path))\n" } ?? ""
        let (label, key) = axis, curves = curves(key)
        let blocks = curves.enumerated().map { "$c\($0) << END\n\($1.lines)END\n" }.joined()
        let plots = curves.enumerated().map { "$c\($0) using 1:2 with linespoints pt 7 lc \($0 + 1) title \(quoted($1.title))" }
        let places = report.predictions.map { Double(key($0)) }
        let ends = max(0.5, (places.min() ?? 1) / 1.2)...max(1, (places.max() ?? 1) * 1.2)
        return target + blocks + """
            set grid
            set logscale xy
            set title \(quoted(report.predictions.first?.simulation.model.name ?? "")) noenhanced
            set xlabel '\(label)'
            set ylabel 'tokens a second'
            set key outside noenhanced
            plot [\(ends.lowerBound):\(ends.upperBound)] \(plots.joined(separator: ", \\\n    "))

            """
    }

    private typealias Key = (Prediction) -> Int

    private var axis: (String, Key) {
        let all: [(String, Key)] = [
            ("texts at once", { $0.simulation.workload.batch }), ("tokens of prompt", { $0.simulation.workload.prompt }),
            ("chips", { $0.simulation.device.chips }),
        ]
        return all.first { axis in Set(report.predictions.map(axis.1)).count > 1 } ?? all[0]
    }

    /// The lines of each device, and of whatever else differs.
    private func curves(_ key: Key) -> [(title: String, lines: String)] {
        var order: [String] = [], lines: [String: String] = [:]
        for prediction in report.predictions {
            let name = prediction.simulation.device.name
            if lines[name] == nil { order.append(name) }
            lines[name, default: ""] += "\(key(prediction)) \(prediction.decodeTokensPerSecond)\n"
        }
        return order.map { ($0, lines[$0] ?? "") }
    }
}
