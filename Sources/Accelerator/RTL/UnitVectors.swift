import Basis
import Tensors

/// What goes into a unit for a layer, word by word.
public struct UnitVectors {
    public let unit: TernaryUnit
    public let layer: TernaryLayer
    private let groups: TritGroups

    /// Fails for a unit that has no such words.
    public init(_ unit: TernaryUnit, _ layer: TernaryLayer) throws {
        (self.unit, self.layer, groups) = (unit, layer, try TritGroups(unit.packing))
    }

    /// Words of a strip of rows, and of the vector.
    public var tilesAcross: Int { layer.width.ceilingDivided(by: unit.lanes) }

    /// Words of weights, in the order in which the unit takes them.
    public var wordCount: Int { unit.tiles(rows: layer.rows, width: layer.width) }

    /// Word `index` of weights: `unit.wordBytes` bytes, the lowest first. Trits beyond the matrix' edges are 0.
    public func word(_ index: Int) -> [UInt8] {
        let (strip, tile) = index.quotientAndRemainder(dividingBy: tilesAcross)
        var word = [UInt8](repeating: 0, count: unit.wordBytes), codes: [UInt8] = []
        codes.reserveCapacity(unit.lanes * unit.columns)
        for column in 0..<unit.columns {
            for lane in 0..<unit.lanes {
                codes.append(layer.code(row: strip * unit.columns + column, column: tile * unit.lanes + lane))
            }
        }
        for group in 0..<groups.groups(of: codes.count) {
            let part = codes[group * groups.trits..<min(codes.count, (group + 1) * groups.trits)]
            groups.place(groups.number(part), group: group, in: &word)
        }
        return word
    }

    /// Word `index` of activations: `unit.lanes` bytes, filled up with 0.
    public func activations(_ index: Int) -> [UInt8] {
        (index * unit.lanes..<(index + 1) * unit.lanes).map { $0 < layer.width ? UInt8(bitPattern: layer.activations[$0]) : 0 }
    }
}

/// As files, a word a line in hexadecimal digits, the highest first: what Verilog's $readmemh reads.
extension UnitVectors {
    /// All words in the order in which the unit takes them.
    public func writeWords(to sink: any ByteSink) throws { try write(wordCount, to: sink, word) }

    /// The words of the vector.
    public func writeActivations(to sink: any ByteSink) throws { try write(tilesAcross, to: sink, activations) }

    /// Sums of 32 bits in two's complement, a row each.
    public func writeSums(to sink: any ByteSink) throws {
        let sums = layer.sums
        try write(sums.count, to: sink) { index in (0..<4).map { UInt8(truncatingIfNeeded: sums[index] >> (8 * $0)) } }
    }

    private func write(_ count: Int, to sink: any ByteSink, _ bytes: (Int) -> [UInt8]) throws {
        var lines: [UInt8] = []
        for index in 0..<count {
            for byte in bytes(index).reversed() { lines += [hexDigit(byte >> 4), hexDigit(byte & 15)] }
            lines.append(UInt8(ascii: "\n"))
            if lines.count >= 1 << 16 || index == count - 1 {
                try lines.withUnsafeBytes { try sink.write($0) }
                lines.removeAll(keepingCapacity: true)
            }
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }
}
