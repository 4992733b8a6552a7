import ArgumentParser
import Basis
import Hardware
import Models
import Toolkit

struct Validate: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Predict every published number that comes with the program, and tell the errors.",
        discussion: "The exit status is 1 where an exact number or the calibrated ones together leave their band.")

    @Flag(help: "Print a JSON object.")
    var json = false

    func execute() throws {
        let validation = try Validation(device: DeviceLibrary.json, table: DeviceLibrary.energyTable, graph: Validate.graph)
        let report = ValidationReport(validation)
        try printOut(json ? report.json.compact + "\n" : report.text)
        guard report.holds else { throw NegativeAnswer() }
    }

    /// The graph of a configuration, or of `shape:NAME`.
    private static func graph(_ json: JSON) throws -> Graph {
        guard let name = json.stringValue else { return try ModelSketch.graph(of: json) }
        return try ModelSketch(name, threads: .init(threads: 1)).graph
    }
}
