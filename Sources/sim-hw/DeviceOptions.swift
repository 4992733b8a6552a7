import ArgumentParser
import Basis
import Catalog
import Hardware
import Toolkit

/// What a model runs on.
struct DeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The device: a name that 'sim-hw devices' lists, or a file.", valueName: "device"))
    var device = "a100-80g"

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Give a number of the device another value, '--set memories.HBM2.bandwidth=3 TB/s'. Repeatable.", valueName: "path=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Share the model among <n> chips.", valueName: "n"))
    var chips: Int?

    func validate() throws {
        if let chips, !(1...1_000_000).contains(chips) { throw ValidationError("--chips takes a number of 1 to 1000000") }
    }

    /// The device with its settings.
    func opened() throws -> Device {
        let settings = settings + (chips.map { ["chips=\($0)"] } ?? [])
        return try DeviceLibrary.device(device, settings: settings)
    }
}

/// The devices of the catalogue, and those in files.
enum DeviceLibrary {
    static var names: [String] { Catalog.devices.map(\.name) }

    /// A name, or the path of a file.
    static func device(_ argument: String, settings: [String] = []) throws -> Device {
        let json = try json(argument)
        return try naming(argument) { try Device(try DeviceSetting.applied(settings, to: json), table: energyTable) }
    }

    static func json(_ argument: String) throws -> JSON {
        if let file = Catalog.devices.first(where: { $0.name == argument }) { return try naming(argument) { try JSON(parsing: file.json) } }
        guard argument.contains("/") || argument.hasSuffix(".json") else {
            let known = Catalog.devices.map(\.name).sorted().joined(separator: ", ")
            throw Failure("there is no device '\(argument)'; known: \(known), or a file whose name ends in .json")
        }
        return try naming(argument) { try JSON(parsing: MappedFile.contents(argument, limit: 1 << 24)) }
    }

    static func energyTable(_ name: String) throws -> EnergyTable {
        guard let file = Catalog.energyTables.first(where: { $0.name == name }) else {
            let known = Catalog.energyTables.map(\.name).sorted().joined(separator: ", ")
            throw Failure("'energies' is \"\(name)\", expected one of \(known)")
        }
        return try EnergyTable(JSON(parsing: file.json))
    }
}
