import Accelerator
import Basis

// The file of a device, which nobody vouches for.
extension Device {
    /// `table` gives the energy table of a name.
    public init(_ json: JSON, table: (String) throws -> EnergyTable) throws {
        let reader = try ObjectReader(json, path: "")
        try reader.only(
            "device", "title", "class", "note", "chips", "split", "memories", "engines", "overhead", "launches", "launch-counts",
            "weights", "pass-rows", "power", "link", "energies", "core")
        name = try reader.required("device", reader.string("device"))
        title = try reader.required("title", reader.string("title"))
        category = try reader.required("class", reader.choice("class", Category.self))
        note = try reader.string("note")
        chips = try reader.integer("chips", in: 1...1_000_000) ?? 1
        split = try reader.choice("split", Split.self) ?? .pipeline
        memories = try Device.memories(reader)
        engines = try Engines(reader.required("engines", reader.object("engines")))
        overhead = try reader.quantity("overhead", .seconds)
        launches = try reader.choice("launches", Launches.self) ?? .stage
        launchCounts = try Device.launchCounts(reader)
        weights = try reader.choice("weights", Weights.self) ?? .fetched
        passRows = try reader.integer("pass-rows", in: 1...1 << 20)
        power = try Power(reader.object("power"))
        link = try reader.object("link").map(Link.init)
        let energies = try table(reader.required("energies", reader.string("energies")))
        self.energies = energies
        memories = try memories.map { try energies.priced($0) }
        core = try reader.object("core").map(CoreNumbers.init)
        guard chips == 1 || link != nil else { throw Failure("'link' is missing: \(chips) chips have one between them") }
    }

    private static func launchCounts(_ reader: ObjectReader) throws -> [String: Quantity] {
        guard let counts = try reader.object("launch-counts") else { return [:] }
        return try Dictionary(uniqueKeysWithValues: counts.json.keys.map { ($0, try counts.requiredQuantity($0, .pure)) })
    }

    private static func memories(_ reader: ObjectReader) throws -> [MemoryLevel] {
        let list = try reader.required("memories", reader.value("memories")?.arrayValue)
        let levels = try list.enumerated().map { index, json in
            try MemoryLevel(ObjectReader(json, path: "memories.\(json["name"]?.stringValue ?? "\(index)")"))
        }
        guard Set(levels.map(\.name)).count == levels.count else { throw Failure("'memories' holds one name twice") }
        guard levels.contains(where: \.holdsWeights) else { throw Failure("'memories' has no level that holds weights") }
        return levels
    }
}

extension MemoryLevel {
    private enum Holds: String, CaseIterable { case anything, activations }

    init(_ reader: ObjectReader) throws {
        try reader.only("name", "capacity", "bandwidth", "energy", "type", "efficiency", "holds", "note")
        name = try reader.required("name", reader.string("name"))
        capacity = try reader.requiredQuantity("capacity", .bytes)
        bandwidth = try reader.requiredQuantity("bandwidth", .bytesPerSecond)
        energy = try reader.quantity("energy", .joulesPerBit)
        type = try reader.string("type")
        efficiency = try reader.curve("efficiency", of: "bytes")
        holdsWeights = try reader.choice("holds", Holds.self) != .activations
    }
}

extension Engines {
    init(_ reader: ObjectReader) throws {
        try reader.only("ternary", "dense", "attention", "vector")
        ternary = try reader.object("ternary").map { try Engine($0, ternary: true) }
        dense = try reader.object("dense").map { try Engine($0) }
        attention = try reader.object("attention").map { try Engine($0) }
        vector = try Engine(reader.required("vector", reader.object("vector")), format: .fp32)
    }
}

extension Engine {
    init(_ reader: ObjectReader, ternary: Bool = false, format standard: NumberFormat? = nil) throws {
        try reader.only(
            "rate", "format", "method", "packing", "unpack", "group", "entries", "skips-zeros", "skips-zero-activations", "accumulator",
            "overhead", "efficiency", "bandwidth", "residence", "exponential", "division", "note")
        rate = try reader.requiredQuantity("rate", .operationsPerSecond)
        format = try reader.choice("format", NumberFormat.self) ?? standard ?? (ternary ? .int8 : .fp16)
        method = try reader.choice("method", Method.self) ?? (ternary ? .add : .multiply)
        packing = try reader.choice("packing", Packing.self) ?? (ternary ? .pairs : nil)
        unpack = try reader.quantity("unpack", .operations)
        group = try reader.integer("group", in: 1...16) ?? 4
        entries = try reader.integer("entries", in: 1...1 << 26) ?? 16
        skipsZeros = try reader.flag("skips-zeros") ?? false
        skipsZeroActivations = try reader.flag("skips-zero-activations") ?? false
        accumulator = try reader.quantity("accumulator", .bits)
        overhead = try reader.quantity("overhead", .seconds)
        efficiency = try reader.curve("efficiency", of: "rows")
        bandwidth = try reader.quantity("bandwidth", .bytesPerSecond)
        residence = try reader.curve("residence", of: "bytes")
        exponential = try reader.quantity("exponential", .operations)
        division = try reader.quantity("division", .operations)
    }
}

extension Power {
    init(_ reader: ObjectReader?) throws {
        try reader?.only("static", "busy", "host", "note")
        idle = try reader?.quantity("static", .watts)
        busy = try reader?.quantity("busy", .watts)
        host = try reader?.quantity("host", .watts)
        if let idle, let busy, busy.value < idle.value { throw Failure("'power.busy' is less than 'power.static'") }
    }
}

extension Link {
    init(_ reader: ObjectReader) throws {
        try reader.only("bandwidth", "latency", "energy", "note")
        bandwidth = try reader.requiredQuantity("bandwidth", .bytesPerSecond)
        latency = try reader.requiredQuantity("latency", .seconds)
        energy = try reader.quantity("energy", .joulesPerBit)
    }
}
