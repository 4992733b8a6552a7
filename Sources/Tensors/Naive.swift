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
        return layout == .pairs ? filled.flatMap(pairs) : triples(filled, width: width)
    }

    private static func pairs(_ codes: [Int]) -> [UInt8] {
        stride(from: 0, to: codes.count, by: 4).map { first in
            UInt8((0..<4).reduce(0) { $0 | codes[first + $1] << (2 * $1) })
        }
    }

    private static func triples(_ rows: [[Int]], width: Int) -> [UInt8] {
        let groups = (rows.count + 127) / 128, empty = [Int](repeating: 1, count: rows[0].count)
        let units = (0..<groups * 128).map { unitsOfCodes($0 < rows.count ? rows[$0] : empty, width: width) }
        let bands = (groups + 12) / 13
        return (0..<bands).flatMap { band(units, groups * $0 / bands..<groups * ($0 + 1) / bands) }
    }

    private static func band(_ units: [[[Int]]], _ groups: Range<Int>) -> [UInt8] {
        stride(from: 0, to: units[0].count, by: 5).flatMap { strip in
            groups.flatMap { group in
                (strip..<min(strip + 5, units[0].count)).flatMap { unit in
                    words(units[group * 128..<group * 128 + 128].map { $0[unit] })
                }
            }
        }
    }

    /// Codes of three trits, sixteen a unit.
    private static func unitsOfCodes(_ codes: [Int], width: Int) -> [[Int]] {
        var chunks: [[Int]] = []
        for block in stride(from: 0, to: width, by: 256) {
            let places = (min(256, width - block) + 3) / 4
            for plane in 0..<4 {
                chunks += stride(from: 0, to: places, by: 16).map { i in (i..<i + 16).map { codes[block + 4 * $0 + plane] } }
            }
        }
        while chunks.count % 3 != 0 { chunks.append([Int](repeating: 1, count: 16)) }
        return stride(from: 0, to: chunks.count, by: 3).map { three in
            (0..<16).map { chunks[three][$0] + 3 * chunks[three + 1][$0] + 9 * chunks[three + 2][$0] }
        }
    }

    /// A unit of 128 rows.
    private static func words(_ rows: [[Int]]) -> [UInt8] {
        (0..<5).flatMap { w in
            (0..<128).flatMap { place in
                let (quarter, q, p) = (place / 32, place % 32 / 8, place % 8)
                let codes = rows[32 * quarter + 4 * q + (p < 4 ? p : 16 + p - 4)]
                let word = codes[2 * w] | codes[2 * w + 1] << 5 | codes[10 + w] << 10 | (codes[15] >> (4 - w) & 1) << 15
                return [UInt8(word & 255), UInt8(word >> 8)]
            }
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
