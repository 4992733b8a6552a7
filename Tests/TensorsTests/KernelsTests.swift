import Basis
import Glibc
import Tensors
import Testing

@Suite struct KernelsTests {
    @Test(arguments: KernelLevel.available, widths)
    func productsAreExactAndStayWithinTheirMemory(level: KernelLevel, width: Int) {
        let kernels = Kernels.at(level), layout = TritLayout.pairs
        var random = Random(seed: UInt64(width))
        for (rows, count) in [(1, 1), (4, 1), (7, 2), (5, 3), (2, 5), (9, 16)] {
            let trits = (0..<rows).map { _ in randomTrits(width, &random) }
            let activations = (0..<count).map { _ in (0..<width).map { _ in Int8(Int(random.next() % 255) - 127) } }
            let scales = randomFloats(count, &random)
            let stride = rows + 3
            let codes = Guarded(Naive.matrix(trits, width: width, layout: layout))
            let planes = Guarded(activations.flatMap(Naive.planes))
            let (sums, guardedScales) = (Guarded(activations.map { Int32($0.reduce(0) { $0 + Int($1) }) }), Guarded(scales))
            let out = written((count - 1) * stride + rows, poison: Float.nan) {
                let x = ActivationRows(
                    planes: planes.start, stride: Kernels.activationBytes(width: width), sums: sums.start, scales: guardedScales.start,
                    count: count)
                kernels.product(
                    TritRows(codes.start, rows: rows, width: width, layout: layout), 0..<rows, x, into: $0, outStride: stride)
            }
            #expect(!out.strayed)
            for a in 0..<count {
                for r in 0..<min(stride, out.values.count - a * stride) {
                    let value = out.values[a * stride + r]
                    if r < rows {
                        #expect(value == Float(Naive.dot(trits[r], activations[a])) * scales[a])
                    } else {
                        #expect(value.isNaN)
                    }
                }
            }
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func productsOfTriplesAreTheNaiveOnesAndStayWithinTheirMemory(level: KernelLevel, width: Int) {
        let kernels = Kernels.at(level)
        var random = Random(seed: UInt64(width) + 8)
        for (rows, count) in [(1, 1), (130, 3), (300, 7), (128, Kernels.many), (2000, 2), (1700, 5)] {
            let trits = (0..<rows).map { _ in randomTrits(width, &random) }, groups = (rows + 127) / 128
            let activations = (0..<count).map { _ in (0..<width).map { _ in Int8(truncatingIfNeeded: random.next()) } }
            let codes = Guarded(Naive.matrix(trits, width: width, layout: .triples)), planes = Guarded(activations.flatMap(Naive.planes))
            let unused = Guarded([Int32](repeating: 0, count: count)), scales = Guarded((0..<count).map { 0.3 + Float($0) })
            let sums = Guarded([Int32](repeating: -7, count: count * groups * 128))
            let out = written(count * rows, poison: Float.nan) { out in
                let x = ActivationRows(
                    planes: planes.start, stride: Kernels.activationBytes(width: width), sums: unused.start, scales: scales.start,
                    count: count)
                let matrix = TritRows(codes.start, rows: rows, width: width, layout: .triples)
                for part in [0..<1, 1..<groups] where !part.isEmpty {
                    kernels.productOfTriples(matrix, part, x, sums: sums.start, into: out + part.lowerBound * 128, outStride: rows)
                }
            }
            #expect(!out.strayed)
            for a in 0..<count {
                for r in 0..<rows {
                    #expect(out.values[a * rows + r] == Float(Naive.dot(trits[r], activations[a])) * (0.3 + Float(a)))
                }
            }
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func triplesArePackedAsTheHeaderSays(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 6)
        for rows in [1, 128, 130] {
            let trits = (0..<rows).map { _ in randomTrits(width, &random) }
            let stored = Guarded(trits.flatMap(Trits.pack)), rowBytes = Trits.rowBytes(width: width)
            let out = written(TritLayout.triples.bytes(rows: rows, width: width), poison: UInt8(0xff)) {
                for group in 0..<(rows + 127) / 128 {
                    Kernels.at(level).packTriples(
                        stored.start + group * 128 * rowBytes, count: min(128, rows - group * 128), width: width, group: group,
                        rows: rows, into: $0)
                }
            }
            #expect(!out.strayed && out.values == Naive.matrix(trits, width: width, layout: .triples))
        }
    }

    @Test(arguments: KernelLevel.available)
    func everyRoundOfThePeakCounts(level: KernelLevel) {
        #expect(Kernels.at(level).multiplyAdd(rounds: 3) != Kernels.at(level).multiplyAdd(rounds: 4))
    }

    @Test(arguments: KernelLevel.available, widths)
    func quantiserFillsItsBlocksAndNothingElse(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 1)
        let x = randomFloats(width, &random)
        let input = Guarded(x)
        var (inverse, sum) = (Float.nan, Int32.min)
        let out = written(Kernels.activationBytes(width: width), poison: Int8(-1)) {
            sum = Kernels.at(level).quantise(input.start, width: width, into: $0, inverse: &inverse)
        }
        let expected = Naive.quantise(x)
        #expect(!out.strayed && out.values == Naive.planes(expected.values) && inverse == expected.inverse)
        #expect(Int(sum) == expected.values.reduce(0) { $0 + Int($1) })
    }

    @Test(arguments: KernelLevel.available, widths)
    func elementwiseKernelsStayWithinTheirMemoryAndWorkInPlace(level: KernelLevel, width: Int) {
        let kernels = Kernels.at(level)
        var random = Random(seed: UInt64(width) + 2)
        let (x, z) = (randomFloats(width, &random), randomFloats(width, &random))
        let (a, b) = (Guarded(x), Guarded(z))
        let functions: [(UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void] = [
            { kernels.rmsNorm($0, gain: b.start, epsilon: 1e-6, width: width, into: $1) },
            { kernels.rmsNorm($0, gain: nil, epsilon: 1e-6, width: width, into: $1) },
            { kernels.sigmoid($0, width: width, into: $1) },
            { kernels.silu($0, width: width, into: $1) },
            { kernels.siluProduct($0, b.start, width: width, into: $1) },
        ]
        for function in functions {
            let out = written(width, poison: Float.nan) { function(a.start, $0) }
            #expect(!out.strayed && !out.values.contains(where: \.isNaN))
            let place = Guarded(x)
            function(place.start, place.start)
            #expect(place.values(width).map(\.bitPattern) == out.values.map(\.bitPattern))
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func recurrenceForgetsAndAdds(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 3)
        let (i, f, h) = (randomFloats(width, &random), randomFloats(width, &random), randomFloats(width, &random))
        let (input, forget, state) = (Guarded(i), Guarded(f), Guarded(h))
        let out = written(width, poison: Float.nan) {
            Kernels.at(level).recurrence(input: input.start, forget: forget.start, width: width, state: state.start, into: $0)
        }
        let expected = (0..<width).map { f[$0] * h[$0] + i[$0] }
        #expect(!out.strayed && out.values == expected && state.values(width) == expected)
    }

    @Test(arguments: KernelLevel.available, widths)
    func storedFloatsAreReadToTheirEndAndNoFurther(level: KernelLevel, width: Int) {
        let kernels = Kernels.at(level)
        var random = Random(seed: UInt64(width) + 4)
        let halves = (0..<width).map { _ in UInt16(random.next() & 0xbbff) }
        let guarded = Guarded(halves)
        let out = written(width, poison: Float.nan) {
            let widened = kernels.widen(guarded.start, element: .float16, count: width, into: $0)
            #expect(widened)
        }
        let expected = halves.map(Naive.half)
        #expect(!out.strayed && out.values == expected)
        let exact = expected.reduce(0.0) { $0 + Double(abs($1)) }
        let sum = kernels.sumOfMagnitudes(guarded.start, element: .float16, count: width) ?? .nan
        #expect(abs(sum - exact) <= exact * 1e-12)
        #expect(kernels.sumOfMagnitudes(guarded.start, element: .int8, count: width) == nil)
    }

    @Test(arguments: KernelLevel.available, [1, 2, 3, 4, 5] + widths)
    func ternariserFillsUpTheLastByte(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 5)
        let w = randomFloats(width, &random)
        let input = Guarded(w)
        var zeros = -1
        let out = written(Trits.rowBytes(width: width), poison: UInt8(0xff)) {
            zeros = Kernels.at(level).ternarise(input.start, scale: 1.5, width: width, into: $0)
        }
        let expected = Naive.ternarise(w, scale: 1.5)
        #expect(!out.strayed && out.values == Trits.pack(expected))
        #expect(zeros == expected.count(where: { $0 == 0 }))
    }

    @Test(arguments: KernelLevel.available, widths)
    func maximaAndExponentialsStayWithinTheirMemory(level: KernelLevel, width: Int) {
        let kernels = Kernels.at(level)
        var random = Random(seed: UInt64(width) + 6)
        let x = randomFloats(width, &random).map { -abs($0) }
        let input = Guarded(x), expected = Naive.maxima(x)
        let maxima = written(expected.count, poison: Float.nan) { kernels.maxima(input.start, count: width, into: $0) }
        #expect(!maxima.strayed && maxima.values == expected)
        func exponentials(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) -> Double {
            kernels.exponentials(x, largest: 1, factor: 2, count: width, into: y)
        }
        var sum = Double.nan
        let out = written(width, poison: Float.nan) { sum = exponentials(input.start, $0) }
        #expect(!out.strayed && zip(x, out.values).allSatisfy { abs(expf(2 * ($0 - 1)) - $1) < 1e-6 })
        let place = Guarded(x)
        #expect(exponentials(place.start, place.start) == sum && place.values(width) == out.values)
    }

    @Test(arguments: KernelLevel.available, [0, 1, 7, 8, 9, 1000])
    func readSeesEveryByte(level: KernelLevel, count: Int) {
        var bytes = [UInt8](repeating: 7, count: count)
        func value() -> UInt64 { bytes.withUnsafeBytes { Kernels.at(level).read($0) } }
        let before = value()
        for index in bytes.indices {
            bytes[index] = 8
            #expect(value() != before)
            bytes[index] = 7
        }
        #expect(value() == before)
    }

    @Test func namesOfLevelsAreChecked() throws {
        for level in KernelLevel.available { #expect(try Kernels.named(level.rawValue).level == level) }
        let levels = "scalar, avx2, avxvnni, avx512, avx512vbmi, neon or neondot"
        #expect(throws: Failure("unknown kernel level 'foo' in TERN_CPU: expected \(levels)")) {
            try Kernels.named("foo")
        }
    }
}
