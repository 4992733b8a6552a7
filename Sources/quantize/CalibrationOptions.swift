import ArgumentParser
import Toolkit

/// How a text helps to make planes.
struct CalibrationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Make up for errors on the text <file>; once for each file.", valueName: "file"))
    var calibration: [String] = []

    @Option(help: ArgumentHelp("Take <n> windows of the calibration text.", valueName: "n"))
    var windows = Calibration().windows

    @Option(help: ArgumentHelp("Windows of <n> tokens.", valueName: "n"))
    var context = Calibration().context

    @Option(help: ArgumentHelp("Add the share <x> of the activations' mean square to all of them.", valueName: "x"))
    var damping = Calibration().compensation.damping

    @Option(help: ArgumentHelp("Go the share <x> of the way towards the products of the model of floats.", valueName: "x"))
    var asymmetry = Calibration().compensation.asymmetry

    @Flag(help: "Round columns in their order, not those with large activations first.")
    var unsorted = false

    @Option(help: ArgumentHelp("Keep what is done in <folder>, and go on from what is there.", valueName: "folder"))
    var work: String?

    func validate() throws {
        guard (1...1 << 20).contains(windows), (1...1 << 20).contains(context) else {
            throw ValidationError("--windows and --context take a number of 1 to \(1 << 20)")
        }
        guard damping > 0, damping <= 1, (0...1).contains(asymmetry) else {
            throw ValidationError("--damping takes a number above 0, and like --asymmetry none above 1")
        }
    }

    var isAsked: Bool { !calibration.isEmpty }

    /// What is asked for; nil without a text. Work on what goes to a file waits beside it if nothing else is said.
    func calibration(output: String) -> Calibration? {
        guard !calibration.isEmpty else { return nil }
        var result = Calibration()
        (result.text, result.windows, result.context) = (calibration, windows, context)
        (result.compensation.damping, result.compensation.asymmetry) = (damping, asymmetry)
        result.compensation.isSorted = !unsorted
        result.folder = work ?? (output == "-" ? nil : output + ".work")
        return result
    }
}
