import Glibc
import Synchronization

/// Cosines and sines of the angles of rotary embedding, made as positions are asked for and kept for all operations that share them.
final class RotaryTable: Sendable {
    private let frequencies: [Float]
    private let parts = Mutex<[Int: Part]>([:])

    /// Positions that are made at once.
    private static let partPositions = 64

    private struct Key: Hashable {
        let width: Int
        let base: Double
        let scaling: RoPE.Scaling
    }

    private static let tables = Mutex<[Key: RotaryTable]>([:])

    static func shared(width: Int, base: Double, scaling: RoPE.Scaling) -> RotaryTable {
        tables.withLock { tables in
            let key = Key(width: width, base: base, scaling: scaling)
            if let table = tables[key] { return table }
            let table = RotaryTable(RoPE.frequencies(width: width, base: base, scaling: scaling))
            tables[key] = table
            return table
        }
    }

    private init(_ frequencies: [Float]) { self.frequencies = frequencies }

    /// The cosines, then the sines, of one position. Valid as long as the table.
    func angles(at position: Int) -> UnsafePointer<Float> {
        let part = position / RotaryTable.partPositions, inside = position % RotaryTable.partPositions
        let start = parts.withLock { parts in
            if let known = parts[part] { return known }
            let made = Part(frequencies, from: part * RotaryTable.partPositions, count: RotaryTable.partPositions)
            parts[part] = made
            return made
        }
        return start.pointer + inside * 2 * frequencies.count
    }

    private struct Part: @unchecked Sendable {
        let pointer: UnsafePointer<Float>

        init(_ frequencies: [Float], from first: Int, count: Int) {
            let half = frequencies.count, memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, 2 * half * count))
            for index in 0..<count {
                for (pair, frequency) in frequencies.enumerated() {
                    let angle = Float(first + index) * frequency
                    (memory + index * 2 * half + pair).initialize(to: cosf(angle))
                    (memory + index * 2 * half + half + pair).initialize(to: sinf(angle))
                }
            }
            pointer = UnsafePointer(memory)
        }
    }
}
