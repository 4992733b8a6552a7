import Glibc
import Synchronization

/// Cosines and sines of the angles of rotary embedding, made as positions are asked for and kept for all operations that share them.
final class RotaryTable: Sendable {
    private let kind: Kind
    private let parts = Mutex<[Int: Part]>([:])

    /// Positions that are made at once.
    private static let partPositions = 64

    private struct Kind: Hashable {
        let width: Int
        let base: Double
        let scaling: RoPE.Scaling
    }

    private static let tables = Mutex<[Kind: RotaryTable]>([:])

    static func shared(width: Int, base: Double, scaling: RoPE.Scaling) -> RotaryTable {
        tables.withLock { tables in
            let kind = Kind(width: width, base: base, scaling: scaling)
            if let table = tables[kind] { return table }
            let table = RotaryTable(kind)
            tables[kind] = table
            return table
        }
    }

    private init(_ kind: Kind) { self.kind = kind }

    /// The cosines, then the sines, of one position. Valid as long as the table.
    func angles(at position: Int) -> UnsafePointer<Float> {
        let part = position / RotaryTable.partPositions, inside = position % RotaryTable.partPositions
        let start = parts.withLock { parts in
            if let known = parts[part] { return known }
            let made = Part(kind, from: part * RotaryTable.partPositions, count: RotaryTable.partPositions)
            parts[part] = made
            return made
        }
        return start.pointer + inside * kind.width
    }

    private struct Part: @unchecked Sendable {
        let pointer: UnsafePointer<Float>

        init(_ kind: Kind, from first: Int, count: Int) {
            let half = kind.width / 2, memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, kind.width * count))
            var frequencies: [Float] = []
            for index in 0..<count {
                if index == 0 || kind.scaling.varies {
                    frequencies = kind.scaling.frequencies(width: kind.width, base: kind.base, position: first + index)
                }
                for (pair, frequency) in frequencies.enumerated() {
                    let angle = Float(first + index) * frequency
                    (memory + index * kind.width + pair).initialize(to: cosf(angle) * kind.scaling.attention)
                    (memory + index * kind.width + half + pair).initialize(to: sinf(angle) * kind.scaling.attention)
                }
            }
            pointer = UnsafePointer(memory)
        }
    }
}
