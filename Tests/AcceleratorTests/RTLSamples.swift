import Accelerator
import Basis
import Glibc
import Tensors

/// A unit and the size of a matrix, odd ones among them.
struct RTLSample: CustomStringConvertible, Sendable {
    let rows: Int, width: Int
    let unit: TernaryUnit

    init(_ rows: Int, _ width: Int, lanes: Int, columns: Int, _ packing: Packing, latency: Int = 5, bits: Int = 32) {
        (self.rows, self.width) = (rows, width)
        unit = TernaryUnit(lanes: lanes, columns: columns, packing: packing, latency: latency, accumulatorBits: bits)
    }

    var description: String {
        "\(rows)x\(width), \(unit.lanes) lanes, \(unit.columns) columns, \(unit.packing.rawValue) bits, latency \(unit.latency)"
    }

    /// A layer of random trits and activations, the extremes among them.
    func layer(seed: UInt64 = 7) throws -> TernaryLayer {
        var random = Random(seed: seed)
        let trits = (0..<rows).map { _ in (0..<width).map { _ in Int8(random.next() >> 33 % 3) - 1 } }
        var activations = (0..<width).map { _ in Int8(truncatingIfNeeded: random.next() >> 56) }
        activations[0] = -128
        return try TernaryLayer(rows: rows, width: width, codes: trits.flatMap(Trits.pack), activations: activations)
    }

    /// What the samples' activations and trits give, said plainly.
    static func naive(_ layer: TernaryLayer) -> [Int] {
        let bytes = Trits.rowBytes(width: layer.width)
        return (0..<layer.rows).map { row in
            Naive.dot(Trits.unpack(Array(layer.codes[row * bytes..<(row + 1) * bytes]), width: layer.width), layer.activations)
        }
    }

    static let shapes: [RTLSample] = [Packing.pairs, .fives].flatMap { packing in
        [
            RTLSample(37, 129, lanes: 8, columns: 4, packing), RTLSample(63, 504, lanes: 8, columns: 1, packing),
            RTLSample(100, 512, lanes: 16, columns: 2, packing, latency: 7),
        ]
    } + [
        RTLSample(5, 31, lanes: 5, columns: 3, .fives, latency: 2, bits: 16),
        RTLSample(9, 40, lanes: 7, columns: 5, .triples, latency: 3), RTLSample(6, 20, lanes: 1, columns: 2, .bytes, latency: 9, bits: 20),
    ]
}

/// A folder that goes with its user.
final class ScratchFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/tern-rtl.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system("create", "/tmp", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? ShellCommand("rm -rf \(ShellCommand.quoted(path))").output() }
}
