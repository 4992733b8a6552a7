import Basis
import Toolkit

/// What `bench transcend --json` printed of an arm of an experiment, read back: by how much the model is better than the best expert.
public struct TranscendCurve: Hashable, Sendable {
    let experiment: String
    let arm: String
    let points: [Point]

    struct Point: Hashable, Sendable {
        let temperature: Double
        let gain: Double
        /// The ends of the interval; the gain itself if they are not known.
        let lower: Double
        let upper: Double
    }

    /// Whether a file looks like such records.
    public static func isRecord(_ text: [UInt8]) -> Bool {
        (try? JSON(parsing: Array(text.prefix { $0 != 0x0A })))?["record"]?.stringValue == "transcend"
    }

    /// The curves in a file, a line a point.
    public static func all(in text: [UInt8]) throws -> [TranscendCurve] {
        var names: [[String]] = [], points: [[String]: [Point]] = [:]
        for (index, line) in text.split(separator: 0x0A).enumerated() {
            let (name, point) = try placing("line \(index + 1)") { try read(JSON(parsing: Array(line))) }
            if points[name] == nil { names.append(name) }
            points[name, default: []].append(point)
        }
        return names.map { TranscendCurve(experiment: $0[0], arm: $0[1], points: points[$0] ?? []) }
    }

    private static func read(_ record: JSON) throws -> ([String], Point) {
        guard record["record"]?.stringValue == "transcend", let experiment = record["experiment"]?.stringValue,
            let arm = record["arm"]?.stringValue
        else { throw Failure("is no record of bench transcend") }
        guard let temperature = record["temperature"]?.doubleValue, temperature > 0, temperature.isFinite,
            let gain = record["difference"]?.doubleValue, gain.isFinite
        else { throw Failure("a record has no 'temperature' or no number 'difference'") }
        let ends = ["difference_lower", "difference_upper"].map { record[$0]?.doubleValue ?? gain }.map { $0.isFinite ? $0 : gain }
        return ([experiment, arm], Point(temperature: temperature, gain: gain, lower: ends[0], upper: ends[1]))
    }
}

/// A script for gnuplot that draws the gains over the temperature, a panel an experiment, with bars of 95 percent intervals.
public struct TranscendPlot: Plottable {
    private let curves: [TranscendCurve]

    public init(_ curves: [TranscendCurve]) { self.curves = curves }

    public func script(output: (path: String, terminal: PlotTerminal)? = nil) -> String {
        let experiments = curves.map(\.experiment).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let size = " size \(700 * max(1, experiments.count)),600"
        let target = output.map { "set terminal \($0.terminal.rawValue)\(size)\nset output \(quoted($0.path))\n" } ?? ""
        return target + """
            set grid
            set logscale x
            set xlabel 'temperature'
            set ylabel 'accuracy above that of the best expert'
            set bmargin 7
            set key below noenhanced
            set multiplot layout 1,\(max(1, experiments.count))

            """ + experiments.enumerated().map(panel).joined() + "unset multiplot\n"
    }

    private func panel(_ number: Int, _ experiment: String) -> String {
        let lines = curves.filter { $0.experiment == experiment }, points = lines.flatMap(\.points)
        var data = "", plots = ["0 lc rgb 'gray50' notitle"]
        for (index, line) in lines.enumerated() {
            let name = "$gain\(number)_\(index)"
            data += "\(name) << END\n" + line.points.map { "\($0.temperature) \($0.gain) \($0.lower) \($0.upper)\n" }.joined() + "END\n"
            plots.append("\(name) using 1:2:3:4 with yerrorlines pt 7 lc \(index + 1) title \(quoted(line.arm))")
        }
        // Ranges are given, since gnuplot complains where there is one point only.
        let xs = points.map(\.temperature), ys: [Double] = points.flatMap { [$0.lower, $0.upper] } + [0], margin = 0.02
        let ranges = "[\((xs.min() ?? 1) / 2):\((xs.max() ?? 1) * 2)] [\((ys.min() ?? 0) - margin):\((ys.max() ?? 0) + margin)]"
        return data + "set title \(quoted(experiment))\nplot \(ranges) \(plots.joined(separator: ", \\\n    "))\n"
    }
}
