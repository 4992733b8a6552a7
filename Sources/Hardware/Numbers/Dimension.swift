/// What a number measures. Values are kept in the base unit that is named first.
enum Dimension: String, Sendable {
    case bytes = "bytes"
    case bytesPerSecond = "bytes a second"
    case hertz = "hertz"
    case seconds = "seconds"
    case watts = "watts"
    case joules = "joules"
    case joulesPerBit = "joules a bit"
    /// A multiply-add is two of them.
    case operationsPerSecond = "operations a second"
    case operations = "operations"
    case bits = "bits"
    case cycles = "cycles"
    case perSecond = "a second"
    case area = "cells"
    case pure = "a pure number"

    /// Larger than anything that will be built, and smaller: what lies outside is a slip of the pen.
    var range: ClosedRange<Double> {
        switch self {
        case .bytes: 1...1e18
        case .bytesPerSecond: 1...1e18
        case .hertz: 1...1e13
        case .seconds: 0...1e4
        case .watts: 0...1e9
        case .joules: 0...1
        case .joulesPerBit: 0...1e-6
        case .operationsPerSecond: 1...1e22
        case .operations: 0...1e6
        case .bits: 1...1e6
        case .cycles: 0...1e12
        case .perSecond: 0...1e12
        case .area: 0...1e12
        case .pure: 0...1e12
        }
    }
}

/// A unit as files write it: `GB/s`, `pJ/bit`, `TOPS`.
struct MeasureUnit: Sendable {
    let dimension: Dimension
    /// How many base units one is.
    let factor: Double

    /// Nil for what is no unit.
    init?(_ text: String) {
        if let unit = MeasureUnit.bases[text] { self = unit; return }
        guard let first = text.first, let power = MeasureUnit.prefixes[first], let base = MeasureUnit.bases[String(text.dropFirst())] else {
            return nil
        }
        // Binary units have a prefix already.
        guard base.takesPrefixes, !text.hasSuffix("iB") else { return nil }
        self.init(base.dimension, power * base.factor)
    }

    private init(_ dimension: Dimension, _ factor: Double) { (self.dimension, self.factor) = (dimension, factor) }

    private var takesPrefixes: Bool { ![.cycles, .area, .pure, .perSecond].contains(dimension) }

    private static let prefixes: [Character: Double] = [
        "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    ]

    private static func unit(_ dimension: Dimension, _ factor: Double) -> MeasureUnit { MeasureUnit(dimension, factor) }

    private static let bases: [String: MeasureUnit] = [
        "B": unit(.bytes, 1), "KiB": unit(.bytes, 1024), "MiB": unit(.bytes, 1_048_576), "GiB": unit(.bytes, 1_073_741_824),
        "B/s": unit(.bytesPerSecond, 1), "Hz": unit(.hertz, 1), "s": unit(.seconds, 1), "W": unit(.watts, 1), "J": unit(.joules, 1),
        "J/bit": unit(.joulesPerBit, 1), "op/s": unit(.operationsPerSecond, 1), "OPS": unit(.operationsPerSecond, 1),
        "FLOPS": unit(.operationsPerSecond, 1), "mac/s": unit(.operationsPerSecond, 2), "op": unit(.operations, 1),
        "bit": unit(.bits, 1), "cycle": unit(.cycles, 1), "1/s": unit(.perSecond, 1), "ALM": unit(.area, 1), "LUT": unit(.area, 1),
        "1": unit(.pure, 1),
    ]
}
