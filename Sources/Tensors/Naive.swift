import Glibc

/// What the kernels compute, said as plainly as possible: the oracle of the self-test and of the tests.
package enum Naive {
    package static func dot(_ trits: [Int8], _ activations: [Int8]) -> Int {
        zip(trits, activations).reduce(0) { $0 + Int($1.0) * Int($1.1) }
    }

    /// Rows of trits one after the other, each filled up to the products' layout.
    package static func kernelRows(_ rows: [[Int8]], width: Int) -> [UInt8] {
        rows.flatMap { row in
            let packed = Trits.pack(row)
            return packed + [UInt8](repeating: 0b01_01_01_01, count: Kernels.rowBytes(width: width) - packed.count)
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
