import ArgumentParser
import Tensors

extension IntegerBits: ExpressibleByArgument {
    public init?(argument: String) { self.init(named: argument) }
    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { forFloats.map(\.name) }
}

extension CacheElement: ExpressibleByArgument {}

/// A number of bytes on a command line: `300000`, `64K`, `512M`, `2G`.
public struct ByteSize: ExpressibleByArgument, Hashable, Sendable {
    public let bytes: Int

    public init(bytes: Int) { self.bytes = bytes }

    public init?(argument: String) {
        let shift = ["K": 10, "M": 20, "G": 30, "T": 40][argument.suffix(1)] ?? 0
        guard let count = Int(shift > 0 ? argument.dropLast() : argument[...]), count >= 0, count <= Int.max >> shift else { return nil }
        bytes = count << shift
    }

    public var defaultValueDescription: String {
        let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")]
        return units.first { bytes > 0 && bytes % (1 << $0.0) == 0 }.map { "\(bytes >> $0.0)\($0.1)" } ?? "\(bytes)"
    }
}
