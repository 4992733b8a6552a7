import Toolkit

/// A script for gnuplot: the roofs of a device, and under them what a token's and a prompt's launches reach by kind.
public struct RooflinePlot: Plottable {
    private let prediction: Prediction

    public init(_ prediction: Prediction) { self.prediction = prediction }

    public func script(output: (path: String, terminal: PlotTerminal)?) -> String {
        let target = output.map { "set terminal \($0.terminal.rawValue) size 900,600\nset output \(quoted($0.path))\n" } ?? ""
        let points = points, device = prediction.simulation.device, roofline = prediction.simulation.roofline
        let blocks = points.enumerated().map { "$p\($0) << END\n\($1.line)\nEND\n" }.joined()
        let peak = device.engines.engine(for: .ternary).rate.value * roofline.share, rate = roofline.home.bandwidth.value * roofline.share
        let roof = "(x*\(rate) < \(peak) ? x*\(rate) : \(peak)) lc rgb 'gray40' title \(quoted("\(device.name), \(roofline.home.name)"))"
        let plots = points.enumerated().map { "$p\($0) using 1:2 with points pt 7 ps 1.5 lc \($0 + 1) title \(quoted($1.title))" }
        return target + blocks + """
            set grid
            set logscale xy 10
            set title \(quoted("\(prediction.simulation.model.name) on \(device.title)")) noenhanced
            set xlabel 'operations a byte'
            set ylabel 'operations a second'
            set key below noenhanced
            plot [\(range.lowerBound):\(range.upperBound)] \(([roof] + plots).joined(separator: ", \\\n    "))

            """
    }

    private struct Point {
        let title: String
        let intensity: Double
        let rate: Double
        var line: String { "\(intensity) \(rate)" }
    }

    private var points: [Point] {
        let passes = prediction.prefill.suffix(1).map { ("prefill", $0) } + [("decode", prediction.decode)]
        return passes.flatMap { phase, pass in
            Share.byKind(pass).filter { $0.bytes > 0 && $0.seconds > 0 && $0.operations > 0 }.map {
                Point(title: "\(phase): \($0.name)", intensity: $0.operations / $0.bytes, rate: $0.operations / $0.seconds)
            }
        }
    }

    private var range: ClosedRange<Double> {
        let all = points.map(\.intensity)
        return (all.min() ?? 1) / 2...max((all.max() ?? 1) * 4, (all.min() ?? 1))
    }
}
