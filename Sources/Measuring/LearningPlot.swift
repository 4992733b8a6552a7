import Toolkit

/// A script for gnuplot that draws how runs of `think-train` went: losses, and beside them each other quantity that was logged.
public struct LearningPlot: Plottable {
    private let curves: [LearningCurve]

    public init(_ curves: [LearningCurve]) { self.curves = curves }

    public func script(output: (path: String, terminal: PlotTerminal)? = nil) -> String {
        let panels = panels
        let size = " size \(700 * min(2, panels.count)),\(500 * ((panels.count + 1) / 2))"
        let target = output.map { "set terminal \($0.terminal.rawValue)\(size)\nset output \(quoted($0.path))\n" } ?? ""
        return target + """
            set grid
            set bmargin 6
            set xlabel 'steps'
            set multiplot layout \((panels.count + 1) / 2),\(min(2, panels.count))

            """ + panels.joined() + "unset multiplot\n"
    }

    /// All losses in nats share a panel; every other quantity has its own.
    private var panels: [String] {
        let quantities = curves.flatMap(\.quantities), losses = ordered(quantities.filter { $0.hasSuffix("loss") && $0 != "policy_loss" })
        let others = ordered(quantities.filter { !losses.contains($0) })
        return (losses.isEmpty ? [] : [panel("loss, nats a token", losses)]) + others.map { panel($0.replacing("_", with: " "), [$0]) }
    }

    private func ordered(_ names: [String]) -> [String] {
        names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
    }

    private func panel(_ title: String, _ quantities: [String]) -> String {
        var plots: [String] = [], data = ""
        for (index, curve) in curves.enumerated() {
            for (place, quantity) in quantities.enumerated() {
                guard let points = curve.points[quantity] else { continue }
                let name = "$\(quantity)\(index)"
                data += "\(name) << END\n" + points.map { "\($0.step) \($0.value)\n" }.joined() + "END\n"
                let style = quantity.hasPrefix("held_out") ? "linespoints pt 7" : "lines"
                let label = quantities.count > 1 ? "\(curve.name), \(quantity.replacing("_", with: " "))" : curve.name
                plots.append("\(name) using 1:2 with \(style) lc \(index * quantities.count + place + 1) title \(quoted(label))")
            }
        }
        return data + """
            set ylabel \(quoted(title))
            set key below noenhanced
            plot \(plots.joined(separator: ", \\\n    "))

            """
    }
}
