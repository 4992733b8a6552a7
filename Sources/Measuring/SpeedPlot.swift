import Toolkit

/// A script for gnuplot that draws recorded runs: the roofline (Williams, Waterman and Patterson 2009) with every measurement under it, and
/// tokens a second over the batch, under what the limits allow. Over the context too, where that was measured.
public struct SpeedPlot: Plottable {
    private let runs: [RecordedRun]

    public init(_ runs: [RecordedRun]) { self.runs = runs }

    /// `output` is where gnuplot writes, as PNG or SVG by its suffix; nil leaves that to gnuplot.
    public func script(output: (path: String, terminal: PlotTerminal)? = nil) -> String {
        let panels = [roofline, batches] + (curves(over: \.context).allSatisfy(\.isEmpty) ? [] : [contexts])
        let target = output.map { "set terminal \($0.terminal.rawValue)\(size(panels.count))\nset output \(quoted($0.path))\n" } ?? ""
        return target + """
            set grid
            set bmargin 6
            set multiplot layout 1,\(panels.count)

            """ + panels.joined() + "unset multiplot\n"
    }

    private func size(_ panels: Int) -> String { " size \(700 * panels),600" }
}

// The panels.
extension SpeedPlot {
    private var roofline: String {
        var plots: [String] = [], data = ""
        for (index, run) in runs.enumerated() {
            if let limit = run.most {
                let (peak, rate) = (limit.multiplyAddsPerSecond / 1e9, limit.bytesPerSecond / 1e9)
                plots.append("(x*\(rate) < \(peak) ? x*\(rate) : \(peak)) lc \(index + 1) title \(quoted("\(run.title), limits"))")
            }
            data += block("roof\(index)", run.points.filter(\.isUnderRoof).map { point in
                "\(point.intensity) \(point.gigaMultiplyAdds) \"\(point.label)\""
            })
            plots.append("$roof\(index) using 1:2:3 with labels point pt 7 lc \(index + 1) offset 1,-0.7 left notitle")
        }
        return data + """
            set title 'Roofline'
            set logscale xy 10
            set xlabel 'multiply-adds a byte of weights read'
            set ylabel 'multiply-adds, 10^9 a second'
            set key below noenhanced
            plot [\(range.lowerBound):\(range.upperBound)] \(plots.joined(separator: ", \\\n    "))
            unset logscale

            """
    }

    /// The intensities that the roofline shows.
    private var range: ClosedRange<Double> {
        let all = runs.flatMap { $0.points.map(\.intensity) }
        return (all.min() ?? 1) / 2...(all.max() ?? 1) * 4
    }

    private var batches: String { sweep("Batch", "texts decoded at once", over: \.batch, named: "batch") }
    private var contexts: String { sweep("Context", "tokens before", over: \.context, named: "context") }

    private func sweep(_ title: String, _ label: String, over key: KeyPath<RecordedRun.RecordedPoint, Int>, named name: String) -> String {
        var plots: [String] = [], data = ""
        for (index, points) in curves(over: key).enumerated() where !points.isEmpty {
            let limit = runs[index].most
            data += block("\(name)\(index)", points.map { point in
                "\(point[keyPath: key]) \(point.tokensPerSecond) \(limit.map { "\(point.bound($0))" } ?? "NaN")"
            })
            plots.append("$\(name)\(index) using 1:2 with linespoints pt 7 lc \(index + 1) title \(quoted(runs[index].title))")
            plots.append("$\(name)\(index) using 1:3 with lines lc rgb 'gray50' title 'limits'")
        }
        guard !plots.isEmpty else { return "set multiplot next\n" }
        // Given, since gnuplot complains where there is one point only.
        let places = curves(over: key).flatMap { $0.map { Double($0[keyPath: key]) } }
        let ends = (places.min() ?? 1) / 1.2...(places.max() ?? 1) * 1.2
        return data + """
            set title '\(title)'
            set logscale x 2
            set xlabel '\(label)'
            set ylabel 'tokens a second'
            set yrange [0:*]
            set key below noenhanced
            plot [\(ends.lowerBound):\(ends.upperBound)] \(plots.joined(separator: ", \\\n    "))
            unset logscale
            set yrange [*:*]

            """
    }

    /// The decoding of each run by the most threads, along a quantity from which all others stay at their least.
    private func curves(over key: KeyPath<RecordedRun.RecordedPoint, Int>) -> [[RecordedRun.RecordedPoint]] {
        runs.map { run in
            let points = run.points.filter { $0.phase == .decode && $0.threads == run.most?.threads ?? $0.threads }
            let along = points.filter { key == \.batch ? $0.context == 0 : $0.batch == 1 && $0.context > 0 }
            return along.sorted { $0[keyPath: key] < $1[keyPath: key] }
        }
    }

    private func block(_ name: String, _ lines: [String]) -> String {
        "$\(name) << END\n" + lines.map { $0 + "\n" }.joined() + "END\n"
    }
}

extension RecordedRun {
    /// The end of the model's name: gnuplot complains of what does not fit below a panel.
    fileprivate var title: String { String((model.split(separator: "/").last ?? "").suffix(40)) }

    /// The limits of the most threads.
    fileprivate var most: RecordedLimit? { limits.max { $0.threads < $1.threads } }
}

extension RecordedRun.RecordedPoint {
    /// What attention does is not part of the multiply-adds.
    fileprivate var isUnderRoof: Bool { phase == .prefill || context == 0 }
    fileprivate var intensity: Double { multiplyAddsPerToken / bytesPerToken }
    fileprivate var gigaMultiplyAdds: Double { multiplyAddsPerToken * tokensPerSecond / 1e9 }

    /// Tokens a second that the limits allow.
    fileprivate func bound(_ limit: RecordedRun.RecordedLimit) -> Double {
        min(limit.bytesPerSecond / bytesPerToken, limit.multiplyAddsPerSecond / multiplyAddsPerToken)
    }

    fileprivate var label: String {
        switch phase {
        case .prefill: "prefill \(context)"
        case .decode: "\(batch) by \(threads)"
        }
    }
}

