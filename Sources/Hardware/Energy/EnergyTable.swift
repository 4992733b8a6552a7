import Basis

/// Joules of arithmetic and of memories in one technology, with their sources.
public struct EnergyTable: Sendable {
    public let name: String
    public let title: String
    /// By name: `int8-add`, `fp16-multiply`.
    let operations: [String: Quantity]
    /// A bit of a static memory, by its capacity.
    let sram: [(bytes: Double, energy: Quantity)]
    let dram: [String: Quantity]

    /// Reads Plugins/Devices/tables/NAME.json.
    public init(_ json: JSON) throws {
        let reader = try ObjectReader(json, path: "")
        try reader.only("table", "title", "source", "note", "operations", "sram", "dram")
        name = try reader.required("table", reader.string("table"))
        title = try reader.required("title", reader.string("title"))
        operations = try EnergyTable.operations(reader)
        sram = try EnergyTable.memories(reader)
        dram = try reader.object("dram").map { try EnergyTable.quantities($0, .joulesPerBit) } ?? [:]
    }

    private static func operations(_ reader: ObjectReader) throws -> [String: Quantity] {
        let operations = try reader.required("operations", reader.object("operations"))
        try operations.only(names)
        // What others are priced as where they are missing.
        for name in ["int32-add", "int32-multiply", "fp32-add", "fp32-multiply"] {
            _ = try operations.required(name, operations.value(name))
        }
        return try quantities(operations, .joules)
    }

    /// A level of memory with its energy: its own, or that of its type, or else that of a static memory of its size.
    func priced(_ level: MemoryLevel) throws -> MemoryLevel {
        var level = level
        if let type = level.type, dram[type] == nil {
            let known = dram.keys.sorted().joined(separator: ", ")
            throw Failure("'memories.\(level.name).type' is \"\(type)\"; known to '\(name)': \(known.isEmpty ? "none" : known)")
        }
        level.energy = level.energy ?? level.type.flatMap { dram[$0] } ?? staticEnergy(level.capacity.value)
        return level
    }

    /// Of the smallest array that holds so many bytes; nil for more than caches hold.
    private func staticEnergy(_ bytes: Double) -> Quantity? {
        guard bytes <= EnergyTable.largestCache else { return nil }
        let sizes = sram.sorted { $0.bytes < $1.bytes }
        return (sizes.first { $0.bytes >= bytes } ?? sizes.last)?.energy
    }

    private static let largestCache = 512e6

    private static let names = ["int8", "int16", "int32", "fp16", "bf16", "fp32"].flatMap { ["\($0)-add", "\($0)-multiply"] }

    private static func quantities(_ reader: ObjectReader, _ dimension: Dimension) throws -> [String: Quantity] {
        var result: [String: Quantity] = [:]
        for key in reader.json.keys { result[key] = try reader.requiredQuantity(key, dimension) }
        return result
    }

    private static func memories(_ reader: ObjectReader) throws -> [(bytes: Double, energy: Quantity)] {
        try (reader.value("sram")?.arrayValue ?? []).enumerated().map { index, json in
            let level = try ObjectReader(json, path: "sram.\(index)")
            try level.only("capacity", "energy")
            return (try level.requiredQuantity("capacity", .bytes).value, try level.requiredQuantity("energy", .joulesPerBit))
        }
    }
}
