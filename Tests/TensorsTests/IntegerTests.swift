import Tensors
import Testing

/// Tables of integers against their description, decoded column by column.
@Suite struct IntegerTests {
    /// The integer in a column, by the words of tern-container(5).
    private func integer(_ row: [UInt8], _ bits: IntegerBits, _ column: Int) -> Int {
        let half = Array(row[column / 64 * 8 * bits.rawValue..<(column / 64 + 1) * 8 * bits.rawValue]), i = column % 64
        let low = i < 32 ? Int(half[i % 32] & 15) : Int(half[i % 32] >> 4)
        switch bits {
        case .eight: return Int(half[i]) - 128
        case .four: return low - 8
        case .six: return low + Int(half[32 + i % 16] >> (2 * (i / 16)) & 3) << 4 - 32
        }
    }

    private struct Made {
        var codes: [UInt8] = []
        var scales: [UInt16] = []
    }

    private func narrowed(_ w: [[Float]], _ bits: IntegerBits, _ kernels: Kernels) -> Made {
        let width = w[0].count
        return w.reduce(into: Made()) { made, row in
            var scales = [UInt16](repeating: 0, count: IntegerBits.spans(width: width))
            let input = Guarded(row)
            let out = written(bits.rowBytes(width: width), poison: UInt8(0xff)) {
                kernels.narrow(input.start, width: width, bits: bits, codes: $0, scales: &scales)
            }
            #expect(!out.strayed)
            made.codes += out.values
            made.scales += scales
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func integersAreTheNearestAndComeBack(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width))
        for bits in IntegerBits.allCases {
            let w = randomFloats(width, &random), made = narrowed([w], bits, .at(level))
            #expect(made.codes == narrowed([w], bits, .at(.scalar)).codes && made.scales == narrowed([w], bits, .at(.scalar)).scales)
            let (codes, scales) = (Guarded(made.codes), Guarded(made.scales))
            let rows = IntegerRows(codes.start, scales: scales.start, rows: 1, width: width, bits: bits)
            let out = written(width, poison: Float.nan) { Kernels.at(level).widen(rows, row: 0, into: $0) }
            #expect(!out.strayed)
            for column in 0..<width {
                let scale = Naive.half(made.scales[column / 128])
                #expect(out.values[column] == Float(integer(made.codes, bits, column)) * scale)
                #expect(abs(out.values[column] - w[column]) <= scale * 0.51)
            }
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func productsAreThoseOfTheDefinition(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 1)
        let rows = 67, stride = width + 3
        let w = (0..<rows).map { _ in randomFloats(width, &random) }
        for bits in IntegerBits.allCases {
            let made = narrowed(w, bits, .best)
            for count in [1, 2, 3, 6] {
                let x = (0..<count).map { _ in randomFloats(width, &random) }
                let found = product(made, rows, width, bits, x, stride, .at(level))
                #expect(found == product(made, rows, width, bits, x, stride, .at(.scalar)))
                expectNear(found, made, rows, width, bits, x)
            }
        }
    }

    private func product(
        _ made: Made, _ rows: Int, _ width: Int, _ bits: IntegerBits, _ x: [[Float]], _ stride: Int, _ kernels: Kernels
    ) -> [Float] {
        let (codes, scales) = (Guarded(made.codes), Guarded(made.scales))
        let input = Guarded(x.dropLast().flatMap { $0 + [.nan, .nan, .nan] } + (x.last ?? []))
        let table = IntegerRows(codes.start, scales: scales.start, rows: rows, width: width, bits: bits)
        let out = written(rows * x.count, poison: Float.nan) {
            kernels.product(table, input.start, stride: stride, count: x.count, into: $0, outStride: rows, ThreadPool(threads: 2))
        }
        #expect(!out.strayed)
        return out.values
    }

    /// Within what eight bits of activations cost.
    private func expectNear(_ found: [Float], _ made: Made, _ rows: Int, _ width: Int, _ bits: IntegerBits, _ x: [[Float]]) {
        for (a, x) in x.enumerated() {
            for row in 0..<rows {
                let codes = Array(made.codes[row * bits.rowBytes(width: width)..<(row + 1) * bits.rowBytes(width: width)])
                var exact = 0.0, error = 1e-5
                for column in 0..<width {
                    let scale = Naive.half(made.scales[row * IntegerBits.spans(width: width) + column / 128])
                    let value = Double(integer(codes, bits, column)) * Double(scale)
                    exact += value * Double(x[column])
                    let start = column / 128 * 128
                    let most = x[start..<min(width, start + 128)].map(abs).max() ?? 0
                    error += abs(value) * Double(most) / 127 * 0.51
                }
                #expect(abs(Double(found[a * rows + row]) - exact) <= error)
            }
        }
    }
}
