import ArgumentParser
import Basis
import Catalog
import Hardware
import Toolkit

struct Devices: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List the devices, or print one with the sources of its numbers.")

    @Argument(help: "Print the file of this device: a start for one of your own.")
    var device: String?

    @Flag(help: "Print JSON: the list as JSON lines.")
    var json = false

    func execute() throws {
        if let device {
            let file = try DeviceLibrary.json(device)
            _ = try DeviceLibrary.device(device)
            return try printOut((json ? file.compact : file.pretty) + "\n")
        }
        let devices = try Catalog.devices.map { try DeviceLibrary.device($0.name) }
        try printOut(DeviceList(devices).printed(json: json))
    }
}
