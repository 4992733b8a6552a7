import Glibc

/// What the kernels compute, said as plainly as possible: the oracle of the self-test and of the tests.
package enum Naive {
    package static func dot(_ trits: [Int8], _ activations: [Int8]) -> Int {
        zip(trits, activations).reduce(0) { $0 + Int($1.0) * Int($1.1) }
    }

    /// A matrix in a layout of the products, by the words of the kernels' header.
    package static func matrix(_ rows: [[Int8]], width: Int, layout: TritLayout) -> [UInt8] {
        let filled = rows.map { row in
            row.map { Int($0) + 1 } + [Int](repeating: 1, count: (row.count + 255) / 256 * 256 - row.count)
        }
        return layout == .pairs ? filled.flatMap(pairs) : triples(filled)
    }

    private static func pairs(_ codes: [Int]) -> [UInt8] {
        stride(from: 0, to: codes.count, by: 4).map { first in
            UInt8((0..<4).reduce(0) { $0 | codes[first + $1] << (2 * $1) })
        }
    }

    private static func triples(_ rows: [[Int]]) -> [UInt8] {
        let empty = [Int](repeating: 1, count: rows[0].count), planes = empty.count / 64
        var bytes: [UInt8] = []
        for first in stride(from: 0, to: rows.count, by: 4) {
            let four = (first..<first + 4).map { planesOfCodes($0 < rows.count ? rows[$0] : empty) }
            for plane in stride(from: 0, to: planes - 2, by: 3) {
                for row in four { bytes += fives((0..<64).map { row[plane][$0] + 3 * row[plane + 1][$0] + 9 * row[plane + 2][$0] }) }
            }
            for plane in planes / 3 * 3..<planes {
                for row in four { bytes += (0..<16).map { i in UInt8((0..<4).reduce(0) { $0 | row[plane][16 * $1 + i] << (2 * $1) }) } }
            }
        }
        return bytes
    }

    private static func planesOfCodes(_ codes: [Int]) -> [[Int]] {
        (0..<codes.count / 64).map { plane in (0..<64).map { codes[plane / 4 * 256 + 4 * $0 + plane % 4] } }
    }

    /// 64 numbers of five bits, lowest bits first.
    private static func fives(_ codes: [Int]) -> [UInt8] {
        (0..<40).map { byte in
            UInt8((0..<8).reduce(0) { sum, bit in
                let place = 8 * byte + bit
                return sum | (codes[place / 5] >> (place % 5) & 1) << bit
            })
        }
    }

    /// Activations as blocks of four planes of 64.
    package static func planes(_ activations: [Int8]) -> [Int8] {
        var planes = [Int8](repeating: 0, count: Kernels.activationBytes(width: activations.count))
        for (j, q) in activations.enumerated() {
            planes[j / 256 * 256 + j % 4 * 64 + j % 256 / 4] = q
        }
        return planes
    }

    package static func quantise(_ x: [Float]) -> (values: [Int8], inverse: Float) {
        let most = x.reduce(Float(1e-5)) { max($0, $1.isNaN ? 0 : abs($1)) }
        let scale = 127 / most
        let values = x.map { value in
            let scaled = (value * scale).rounded(.toNearestOrEven)
            return scaled.isNaN ? 0 : Int8(scaled)
        }
        return (values, 1 / scale)
    }

    package static func rmsNorm(_ x: [Float], gain: [Float]?, epsilon: Float) -> [Double] {
        let mean = x.reduce(0) { $0 + Double($1) * Double($1) } / Double(x.count)
        return x.indices.map { Double(x[$0]) / (mean + Double(epsilon)).squareRoot() * Double(gain?[$0] ?? 1) }
    }

    package static func sigmoid(_ x: Float) -> Double { 1 / (1 + exp(-Double(x))) }
    package static func silu(_ x: Float) -> Double { x == -.infinity ? 0 : Double(x) * sigmoid(x) }

    package static func ternarise(_ w: [Float], scale: Float) -> [Int8] {
        w.map { Int8(min(1, max(-1, ($0 * scale).rounded(.toNearestOrEven)))) }
    }

    /// Half precision by its definition: a sign, five bits of exponent, ten of fraction.
    package static func half(_ bits: UInt16) -> Float {
        let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        switch exponent {
        case 31: return fraction == 0 ? sign * .infinity : .nan
        case 0: return sign * Float(sign: .plus, exponent: -24, significand: fraction)
        default: return sign * Float(sign: .plus, exponent: exponent - 25, significand: fraction + 1024)
        }
    }

    /// The largest of each block of numbers.
    package static func maxima(_ x: [Float]) -> [Float] {
        stride(from: 0, to: x.count, by: Kernels.maximaBlock).map { start in
            x[start..<min(x.count, start + Kernels.maximaBlock)].reduce(-.infinity) { $1 > $0 ? $1 : $0 }
        }
    }
}
