import Basis
import Catalog
import Hardware
import Support
import TestFiles
import Testing

/// The devices and tables that come with the programs.
@Suite struct BundledDevicesTests {
    private static func files(_ folder: String) -> [String] {
        names(in: "\(Programs.package)/Plugins/Devices\(folder)").filter { $0.hasSuffix(".json") && $0 != "device.schema.json" }
    }

    @Test func `every file is part of the programs, under its own name`() throws {
        let package = String(decoding: try MappedFile.contents("\(Programs.package)/Package.swift"), as: UTF8.self)
        for (folder, files, list) in [("", Self.files(""), Catalog.devices), ("/tables", Self.files("/tables"), Catalog.energyTables)] {
            #expect(files.count == list.count && files.sorted() == list.map { "\($0.name).json" }.sorted())
            for file in files {
                let path = "\(folder)/\(file)".drop { $0 == "/" }
                #expect(package.contains(".embedInCode(\"\(path)\")"), "\(path)")
                let bytes = try MappedFile.contents("\(Programs.package)/Plugins/Devices/\(path)")
                #expect(list.first { "\($0.name).json" == file }?.json == bytes, "\(path)")
            }
        }
    }

    @Test(arguments: Catalog.devices.map(\.name)) func `a device is called as its file`(_ name: String) throws {
        let device = try device(bundled(name))
        #expect(device.name == name && !device.title.isEmpty)
    }

    @Test(arguments: Catalog.energyTables.map(\.name)) func `a table is called as its file`(_ name: String) throws {
        let file = try #require(Catalog.energyTables.first { $0.name == name })
        let table = try EnergyTable(JSON(parsing: file.json))
        #expect(table.name == name && !table.title.isEmpty)
    }

    @Test(arguments: Catalog.energyTables.map(\.name)) func `a bad table is told in one line`(_ name: String) throws {
        let file = try #require(Catalog.energyTables.first { $0.name == name }), json = try JSON(parsing: file.json)
        for path in json.paths where json.at(path)?.isQuantity == true {
            for (key, value) in [("unit", JSON.string("W")), ("value", .number(-1)), ("value", .number(1e30)), ("source", ""), ("kind", "said"), ("frobs", 1)] {
                let fact = fact { _ = try EnergyTable(json.with("\(path).\(key)", value)) }
                #expect(fact.contains("\(path).\(key)'") && !fact.contains("\n"), "\(path).\(key): \(fact)")
            }
        }
        for key in ["table", "title", "operations"] {
            #expect(fact { _ = try EnergyTable(json.with(key, nil)) } == "'\(key)' is missing")
        }
        #expect(fact { _ = try EnergyTable(json.with("frobs", 1)) }.hasPrefix("'frobs' is unknown"))
        #expect(fact { _ = try EnergyTable(json.with("operations.int8-shift", json.at("operations.int8-add") ?? 1)) }.contains("int8-shift' is unknown"))
        for name in ["int32-add", "int32-multiply", "fp32-add", "fp32-multiply"] {
            #expect(fact { _ = try EnergyTable(json.with("operations.\(name)", nil)) } == "'operations.\(name)' is missing")
        }
    }

    /// A claim must be told from a measurement: whoever cannot name a page says so.
    @Test(arguments: Catalog.devices.map(\.name)) func `no number of a claim is called measured`(_ name: String) throws {
        let json = try bundled(name)
        for path in json.paths where json.at(path)?.isQuantity == true {
            let source = json.at("\(path).source")?.stringValue ?? "", kind = json.at("\(path).kind")?.stringValue ?? ""
            if kind == "measured" || kind == "vendor" { #expect(!source.contains("assumed") && !source.contains("not looked up"), "\(path): \(source)") }
        }
    }

    @Test func `the devices that the manual promises are there`() {
        let names = Set(Catalog.devices.map(\.name))
        let wanted: Set = [
            "d5005", "arty-a7-35t", "kv260", "u280-hbm", "a100-40g", "h100", "h200", "b200", "sohu", "groq-lpu", "loihi2", "loihi2-x24", "northpole",
            "jetson-orin-nano", "jetson-agx-orin", "raspberry-pi-5", "ryzen-5950x",
        ]
        #expect(wanted.subtracting(names) == [])
    }

    /// The energy of a level that names none is that of its type, or of a static memory of its size.
    @Test func `a memory without an energy has that of the table`() throws {
        func energies(_ level: JSON) throws -> Double {
            let near = TinyDevice.json.with("memories.0.energy", nil).with("memories.0.capacity", level["capacity"])
            let json = near.with("memories.0.type", level["type"])
            let simulation = try Simulation(Subjects.small()[0], on: device(json), Workload())
            let pass = try simulation.decode(past: 3), bytes = pass.kernels.reduce(0) { $0 + ($1.bytes["near"] ?? 0) }
            return (pass.energy.memories["near"] ?? 0) / (8 * bytes) * 1e12
        }
        let small: JSON = ["capacity": TinyDevice.quantity(16, "KiB")], large: JSON = ["capacity": TinyDevice.quantity(64, "MiB")]
        #expect(try isClose(energies(small), 0.313) && isClose(energies(large), 1.56))
        #expect(try isClose(energies(["capacity": TinyDevice.quantity(4, "GB")]), 0))
        #expect(try isClose(energies(["capacity": TinyDevice.quantity(4, "GB"), "type": "ddr3"]), 70))
        #expect(throws: Failure.self) { try energies(["capacity": TinyDevice.quantity(4, "GB"), "type": "tape"]) }
    }
}
