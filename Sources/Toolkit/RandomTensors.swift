import Basis
import Models
import Tensors

/// Random weights for a graph, in container form, the same for every number of threads: trits of which a third are zeros in
/// expectation, gains of one, small numbers in bf16 for all else.
///
/// A matrix has the scale that makes its outputs as large as its inputs, so that activations are of the size that trained weights give.
package final class RandomTensors: TensorSource {
    package let entries: [TensorEntry]
    private let contents: [Content]
    private let threads: ThreadPool

    private enum Content {
        case codes(columns: Int)
        case scale(Float)
        case ones
        case noise
        /// Codes of integers: all of them equally likely.
        case integers(Weight, IntegerBits)
        /// The scale that each span of such has.
        case spanScales(Weight)
    }

    /// Bytes that are made from one seed.
    private static let part = 1 << 20

    /// `tables` says in how many bits tables are; nil for bf16.
    package init(for graph: Graph, tables: IntegerBits? = nil, threads: ThreadPool) throws {
        let tensors = try graph.weights.flatMap { try RandomTensors.tensors($0, tables) }
        (entries, contents, self.threads) = (tensors.map(\.0), tensors.map(\.1), threads)
    }

    private static func tensors(_ weight: Weight, _ tables: IntegerBits?) throws -> [(TensorEntry, Content)] {
        if weight.kind == .table, let tables {
            return [
                (try TensorEntry(name: weight.name, element: .uint8, shape: weight.integerShape(tables)), .integers(weight, tables)),
                (try TensorEntry(name: weight.scaleName, element: .float16, shape: weight.integerScaleShape), .spanScales(weight)),
            ]
        }
        guard weight.kind == .ternary else {
            let entry = try TensorEntry(name: weight.name, element: .bfloat16, shape: weight.shape)
            return [(entry, weight.kind == .dense && weight.shape.count == 1 ? .ones : .noise)]
        }
        // Two of three trits are not zero: a sum of n products has a variance of 2n/3.
        let scale = 1 / (Float(weight.columns) * 2 / 3).squareRoot()
        return [
            (try TensorEntry(name: weight.name, element: .uint8, shape: weight.codeShape), .codes(columns: weight.columns)),
            (try TensorEntry(name: weight.scaleName, element: .float32, shape: [1]), .scale(scale)),
        ]
    }

    package var isConcurrent: Bool { true }

    package func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        switch contents[index] {
        case .codes(let columns):
            inParts(of: buffer, seed: index) { TritNoise.shared.fill($0, $1) }
            RandomTensors.pad(buffer, columns: columns)
        case .integers(let weight, let bits):
            inParts(of: buffer, seed: index) { RandomTensors.fill($0, $1) }
            bits.fill(codes: buffer, rows: weight.rows, width: weight.columns)
        case .spanScales(let weight):
            let scales = buffer.bindMemory(to: UInt16.self)
            scales.update(repeating: RandomTensors.spanScale)
            IntegerBits.fill(scales: scales, rows: weight.rows, width: weight.columns)
        case .scale(let scale): buffer.storeBytes(of: scale, as: Float.self)
        case .ones: buffer.bindMemory(to: UInt16.self).update(repeating: UInt16(Float(1).bitPattern >> 16))
        case .noise: inParts(of: buffer, seed: index) { BFloat16Noise.shared.fill($0.bindMemory(to: UInt16.self), $1) }
        }
    }

    /// 2^-11 in half precision.
    private static let spanScale: UInt16 = 4 << 10

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, _ random: Random) {
        var random = random
        for at in stride(from: 0, to: buffer.count, by: 8) {
            withUnsafeBytes(of: random.next()) { buffer[at..<min(buffer.count, at + 8)].copyBytes(from: $0.prefix(buffer.count - at)) }
        }
    }

    private func inParts(of buffer: UnsafeMutableRawBufferPointer, seed: Int, _ fill: (UnsafeMutableRawBufferPointer, Random) -> Void) {
        let parts = (buffer.count + RandomTensors.part - 1) / RandomTensors.part
        threads.parallel(parts) { range in
            for part in range {
                let bytes = buffer[part * RandomTensors.part..<min(buffer.count, (part + 1) * RandomTensors.part)]
                fill(UnsafeMutableRawBufferPointer(rebasing: bytes), Random(seed: UInt64(seed) << 32 | UInt64(part)))
            }
        }
    }

    /// What is left of a row's last byte is code 1.
    private static func pad(_ codes: UnsafeMutableRawBufferPointer, columns: Int) {
        guard columns % 4 > 0 else { return }
        let (rowBytes, used) = ((columns + 3) / 4, UInt8(1) << (2 * UInt8(columns % 4)) - 1)
        for last in stride(from: rowBytes - 1, to: codes.count, by: rowBytes) { codes[last] = codes[last] & used | 0b01_01_01_01 & ~used }
    }
}

/// Bytes of four codes, all 81 of them equally likely.
private struct TritNoise {
    /// The codes of draws of 16 bits; the few draws that would favour some are drawn again.
    private let bytes: [UInt8]

    static let shared = TritNoise()

    private init() {
        let draws = 65536 / 81 * 81
        let thirds = (0..<draws).map { [$0, $0 / 3, $0 / 9, $0 / 27].map { UInt8($0 % 3) } }
        bytes = thirds.map { $0[0] | $0[1] << 2 | $0[2] << 4 | $0[3] << 6 }
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer, _ random: Random) {
        var random = random, at = 0
        bytes.withUnsafeBufferPointer { bytes in
            while at < buffer.count {
                var bits = random.next()
                for _ in 0..<4 {
                    let draw = Int(bits & 0xFFFF)
                    bits >>= 16
                    guard draw < bytes.count, at < buffer.count else { continue }
                    buffer[at] = bytes[draw]
                    at += 1
                }
            }
        }
    }
}

/// Normally distributed bf16 numbers with a deviation of 0.02, drawn from 65,536 of them.
private struct BFloat16Noise {
    private let patterns: [UInt16]

    static let shared = BFloat16Noise()

    private init() {
        var random = Random(seed: 0)
        patterns = (0..<65536).map { _ in UInt16((0.02 * random.normal()).bitPattern >> 16) }
    }

    func fill(_ buffer: UnsafeMutableBufferPointer<UInt16>, _ random: Random) {
        var random = random, at = 0
        patterns.withUnsafeBufferPointer { patterns in
            while at < buffer.count {
                var bits = random.next()
                for _ in 0..<min(4, buffer.count - at) {
                    buffer[at] = patterns[Int(bits & 0xFFFF)]
                    bits >>= 16
                    at += 1
                }
            }
        }
    }
}
