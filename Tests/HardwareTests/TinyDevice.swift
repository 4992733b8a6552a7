import Basis
import Catalog
import Hardware
import Models
import Support
import Toolkit

/// A small device that has every key of a file, each number another one.
enum TinyDevice {
    static let json: JSON = [
        "device": "tiny", "title": "A device of odd numbers", "class": "asic", "note": "Nobody built it.", "chips": 2, "split": "tensor",
        "memories": [
            [
                "name": "near", "capacity": quantity(20, "kB"), "bandwidth": quantity(50, "GB/s"), "energy": quantity(0.1, "pJ/bit"),
                "efficiency": curve("bytes", [[100, 0.25], [10_000, 1]]), "holds": "activations", "note": "a scratchpad",
            ],
            [
                "name": "far", "capacity": quantity(4, "GB"), "bandwidth": quantity(10, "GB/s"), "energy": quantity(5, "pJ/bit"), "type": "ddr4",
                "efficiency": curve("bytes", [[1000, 0.5], [100_000, 1]]), "holds": "anything",
            ],
        ],
        "engines": [
            "ternary": [
                "rate": quantity(3, "Gmac/s"), "format": "int8", "method": "lookup", "packing": "1.6", "unpack": quantity(2, "op"), "group": 3,
                "entries": 27, "skips-zeros": true, "skips-zero-activations": true, "residence": curve("bytes", [[1000, 0.5], [1e9, 0.5]]), "accumulator": quantity(16, "bit"), "overhead": quantity(7, "us"),
                "efficiency": curve("rows", [[1, 0.5], [16, 1]]), "bandwidth": quantity(6, "GB/s"), "exponential": quantity(8, "op"),
                "division": quantity(5, "op"), "note": "tables",
            ],
            "dense": ["rate": quantity(5, "GFLOPS"), "format": "bf16", "bandwidth": quantity(8, "GB/s")],
            "attention": ["rate": quantity(1, "Gmac/s"), "format": "int8", "overhead": quantity(11, "us")],
            "vector": [
                "rate": quantity(2, "Gop/s"), "exponential": quantity(9, "op"), "division": quantity(3, "op"),
                "efficiency": curve("rows", [[1, 0.75], [4, 1]]),
            ],
        ],
        "overhead": quantity(3, "us"), "launches": "node", "launch-counts": ["rms-norm": quantity(4, "1"), "slice": quantity(0, "1")],
        "weights": "fetched", "pass-rows": 64,
        "power": ["static": quantity(0.5, "W"), "busy": quantity(3, "W"), "host": quantity(1, "W"), "note": "at the wall"],
        "link": ["bandwidth": quantity(1, "GB/s"), "latency": quantity(2, "us"), "energy": quantity(10, "pJ/bit"), "note": "a cable"],
        "energies": "horowitz-45nm", "core": core,
    ]

    private static let core: JSON = [
        "clock": quantity(100, "MHz"), "cores": quantity(2, "1"), "registers": quantity(8, "1"), "register-width": quantity(4096, "1"),
        "number-bits": quantity(16, "bit"), "scratch": quantity(64, "KiB"),
        "ternary": [
            "lanes": quantity(8, "1"), "columns": quantity(2, "1"), "packing": "1.6", "latency": quantity(5, "cycle"),
            "accumulator": quantity(24, "bit"), "note": "two rows at once",
        ],
        "row": ["lanes": quantity(4, "1"), "latency": quantity(3, "cycle"), "note": "four lanes"],
        "norm": ["lanes": quantity(2, "1"), "latency": quantity(13, "cycle"), "note": "two lanes"],
        "port": [
            "bits": quantity(64, "bit"), "cycles-per-access": quantity(2, "cycle"), "burst": quantity(4, "1"), "efficiency": quantity(0.75, "1"),
            "fifo": quantity(512, "B"), "note": "a port",
        ],
        "attention": ["macs": quantity(4, "1"), "latency": quantity(9, "cycle"), "note": "four multipliers"],
        "host": ["clock": quantity(200, "MHz"), "operation": quantity(20, "cycle"), "note": "a soft processor"],
        "area": ["core": quantity(5000, "LUT"), "total": quantity(20_800, "LUT"), "note": "as mapped"], "note": "as small as can be",
    ]

    static func quantity(_ value: Double, _ unit: String) -> JSON {
        ["value": .number(value), "unit": .string(unit), "kind": "measured", "source": "made up for a test"]
    }

    static func curve(_ size: String, _ points: [[Double]]) -> JSON {
        let pairs = points.map { JSON.array($0.map(JSON.number)) }
        return ["of": .string(size), "points": .array(pairs), "kind": "derived", "source": "made up for a test"]
    }
}

/// The device of a file's JSON.
func device(_ json: JSON) throws -> Device {
    try Device(json) { name in
        guard let file = Catalog.energyTables.first(where: { $0.name == name }) else { throw Failure("'energies' names no table") }
        return try EnergyTable(JSON(parsing: file.json))
    }
}

/// A device's file, as it comes with the programs.
func bundled(_ name: String) throws -> JSON {
    guard let file = Catalog.devices.first(where: { $0.name == name }) else { throw Failure("there is no device '\(name)'") }
    return try JSON(parsing: file.json)
}

/// Changes to a JSON value, by the path of what is changed: `memories.0.bandwidth.value`.
extension JSON {
    /// With another value at a path; nil takes the member or element away.
    func with(_ path: String, _ value: JSON?) -> JSON { with(path.split(separator: ".").map(String.init)[...], value) }

    private func with(_ path: ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let key = path.first else { return value ?? .null }
        switch self {
        case .array(var elements):
            guard let index = Int(key), elements.indices.contains(index) else { return self }
            if path.count == 1, value == nil { elements.remove(at: index) } else { elements[index] = elements[index].with(path.dropFirst(), value) }
            return .array(elements)
        case .object(let object):
            var result = JSONObject()
            for member in object.members where member.key != key { result[member.key] = member.value }
            if path.count > 1 || value != nil { result[key] = (object[key] ?? .null).with(path.dropFirst(), value) }
            return .object(result)
        default: return path.count == 1 ? .object([key: value ?? .null]) : self
        }
    }

    /// What stands at a path.
    func at(_ path: String) -> JSON? {
        path.split(separator: ".").reduce(JSON?.some(self)) { json, key in json?[String(key)] ?? Int(key).flatMap { json?.arrayValue?[$0] } }
    }

    /// The paths of all members and elements below, outermost first.
    var paths: [String] {
        let children: [(String, JSON)] =
            switch self {
            case .array(let elements): elements.enumerated().map { ("\($0)", $1) }
            case .object(let object): object.members.map { ($0.key, $0.value) }
            default: []
            }
        return children.flatMap { key, value in [key] + value.paths.map { "\(key).\($0)" } }
    }

    /// Whether it is a number with a unit.
    var isQuantity: Bool { self["unit"] != nil && self["value"] != nil }

    /// With every number at the paths that `chosen` names made larger.
    func scaling(by factor: Double, where chosen: (String) -> Bool) -> JSON {
        paths.filter { chosen($0) && at($0)?.isQuantity == true }.reduce(self) { json, path in
            json.with("\(path).value", .number(factor * (json.at("\(path).value")?.doubleValue ?? 0))).with("\(path).low", nil)
                .with("\(path).high", nil)
        }
    }
}

/// The models that laws are tried on: the small ones of every family, and some of published sizes.
enum Subjects {
    static func small() throws -> [SimulatedModel] {
        try smallConfigurations.sorted { $0.key < $1.key }.flatMap { name, configurations in
            try configurations.enumerated().map { try SimulatedModel("\(name) \($0)", ModelSketch.graph(of: $1)) }
        }
    }

    static func published() throws -> [SimulatedModel] {
        try ["mmfree-370m", "bitnet-2b-4t", "llama3-8b"].map { try SimulatedModel($0, PublishedShape(named: $0).graph) }
    }
}

/// Whether two numbers are equal but for rounding.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool { (a - b).magnitude <= tolerance * max(a.magnitude, b.magnitude) }
