import Accelerator
import Basis

/// The instruction-level model of a device, and where its numbers come from.
public struct CoreNumbers: Sendable {
    public let core: Core
    /// All of its numbers, by where they stand in the file.
    let numbers: [Quantity]
    /// Cells of the chip that a core takes, those that there are, and what they are called.
    let area: (core: Quantity, total: Quantity)?

    init(_ reader: ObjectReader) throws {
        try reader.only(
            "clock", "cores", "registers", "register-width", "number-bits", "scratch", "ternary", "row", "norm", "port", "attention",
            "host", "area", "note")
        var parts = CoreReader(reader)
        let clock = try parts.quantity("clock", .hertz).value
        var core = Core(
            clock: clock, registerWidth: try parts.count("register-width"), ternary: try parts.ternary(), port: try parts.port())
        (core.cores, core.registers) = (try parts.count("cores"), try parts.count("registers"))
        if reader.value("number-bits") != nil { core.numberBits = try parts.count("number-bits", .bits) }
        if reader.value("scratch") != nil { core.scratchBytes = try parts.count("scratch", .bytes) }
        (core.row, core.norm) = (try parts.vectors("row"), try parts.vectors("norm"))
        core.attention = try parts.attention()
        core.host = try parts.host(clock: clock)
        area = try parts.area()
        try core.check()
        (self.core, numbers) = (core, parts.numbers)
    }
}

/// Reads the parts of a core and keeps the numbers that it came across.
private struct CoreReader {
    private let reader: ObjectReader
    private(set) var numbers: [Quantity] = []

    init(_ reader: ObjectReader) { self.reader = reader }

    mutating func quantity(_ key: String, _ dimension: Dimension, in part: ObjectReader? = nil) throws -> Quantity {
        let quantity = try (part ?? reader).requiredQuantity(key, dimension)
        numbers.append(quantity)
        return quantity
    }

    /// A whole number.
    mutating func count(_ key: String, _ dimension: Dimension = .pure, in part: ObjectReader? = nil) throws -> Int {
        let quantity = try quantity(key, dimension, in: part)
        guard let count = Int(exactly: quantity.value) else {
            throw Failure("'\(quantity.path)' is \(quantity.text), expected a whole number")
        }
        return count
    }

    mutating func ternary() throws -> TernaryUnit {
        let part = try reader.required("ternary", reader.object("ternary"))
        try part.only("lanes", "columns", "packing", "latency", "accumulator", "note")
        return TernaryUnit(
            lanes: try count("lanes", in: part), columns: try count("columns", in: part),
            packing: try part.required("packing", part.choice("packing", Packing.self)), latency: try count("latency", .cycles, in: part),
            accumulatorBits: try count("accumulator", .bits, in: part))
    }

    mutating func port() throws -> Port {
        let part = try reader.required("port", reader.object("port"))
        try part.only("bits", "cycles-per-access", "burst", "efficiency", "fifo", "note")
        return Port(
            bits: try count("bits", .bits, in: part), cyclesPerAccess: try count("cycles-per-access", .cycles, in: part),
            burst: try count("burst", in: part), efficiency: try quantity("efficiency", .pure, in: part).value,
            fifo: try count("fifo", .bytes, in: part))
    }

    /// Nil where the host does what the unit would.
    mutating func vectors(_ key: String) throws -> VectorUnit? {
        guard let part = try reader.object(key) else { return nil }
        try part.only("lanes", "latency", "note")
        return VectorUnit(lanes: try count("lanes", in: part), latency: try count("latency", .cycles, in: part))
    }

    mutating func attention() throws -> AttentionUnit? {
        guard let part = try reader.object("attention") else { return nil }
        try part.only("macs", "latency", "note")
        return AttentionUnit(macs: try count("macs", in: part), latency: try count("latency", .cycles, in: part))
    }

    /// Its cycles, told in those of the core.
    mutating func host(clock: Double) throws -> Host? {
        guard let part = try reader.object("host") else { return nil }
        try part.only("clock", "operation", "note")
        let own = try quantity("clock", .hertz, in: part).value
        return Host(cyclesPerOperation: try quantity("operation", .cycles, in: part).value * clock / own)
    }

    mutating func area() throws -> (core: Quantity, total: Quantity)? {
        guard let part = try reader.object("area") else { return nil }
        try part.only("core", "total", "note")
        return (try quantity("core", .area, in: part), try quantity("total", .area, in: part))
    }
}
