import CTernKernels
import KernelVariants
import Tensors
import Testing

/// The arithmetic of levels that few processors have, on those that can do the same otherwise.
@Suite struct VariantsTests {
    private typealias Product = (
        UnsafePointer<tern_matrix>?, Int, Int, UnsafePointer<tern_activations>?, UnsafeMutablePointer<Float>?, Int
    ) -> Void

    /// What a product gives, with random trits and activations, the largest and smallest among them.
    private func products(_ product: Product, width: Int, rows: Int, first: Int, count: Int) -> (values: [Float], strayed: Bool) {
        var random = Random(seed: UInt64(width * 97 + rows * 7 + count))
        let trits = (0..<first + rows).map { _ in randomTrits(width, &random) }
        let activations = (0..<count).map { row in
            (0..<width).map { _ in row == 0 ? Int8.min : row == 1 ? Int8.max : Int8(truncatingIfNeeded: random.next()) }
        }
        let codes = Guarded(Naive.matrix(trits, width: width, layout: .pairs)), planes = Guarded(activations.flatMap(Naive.planes))
        let sums = Guarded(activations.map { Int32($0.reduce(0) { $0 + Int($1) }) }), scales = Guarded(randomFloats(count, &random))
        var matrix = tern_matrix(trits: codes.start, rows: first + rows, width: width, layout: TERN_PAIRS)
        var x = tern_activations(
            planes: planes.start, stride: tern_activation_bytes(width), sums: sums.start, scales: scales.start, count: count)
        return written((count - 1) * (rows + 1) + rows, poison: Float.infinity) { product(&matrix, first, rows, &x, $0, rows + 1) }
    }

    @Test(.enabled(if: tern_level_available(TERN_AVX512)), arguments: widths + [1792, 6912])
    func productsOfAVXVNNIAreTheScalarOnes(_ width: Int) {
        for (rows, first, count) in [(1, 0, 1), (4, 4, 1), (7, 0, 2), (5, 8, 3), (2, 0, 5), (9, 4, 16)] {
            let expected = products(tern_kernels_at(TERN_SCALAR).pointee.product, width: width, rows: rows, first: first, count: count)
            let found = products(tern_product_evex, width: width, rows: rows, first: first, count: count)
            #expect(!found.strayed && found.values == expected.values, "\(rows) rows from \(first), \(count) activations")
        }
    }

    private typealias IntegerProduct = (
        UnsafePointer<tern_integers>?, Int, Int, UnsafePointer<tern_spanned>?, UnsafeMutablePointer<Float>?, Int
    ) -> Void

    /// What products of a table of integers give, of some of its rows, with random numbers.
    private func products(_ product: IntegerProduct, bits: Int, width: Int, rows: Int, first: Int, count: Int)
        -> (values: [Float], strayed: Bool)
    {
        let plain = tern_kernels_at(TERN_SCALAR).pointee
        var random = Random(seed: UInt64(width * 31 + bits))
        let (spans, groupBytes) = (tern_spans(width), tern_integer_bytes(width, UInt32(bits))), groups = tern_integer_groups(first + rows)
        let codes = Guarded([UInt8](repeating: 0, count: groups * groupBytes))
        let scales = Guarded([UInt16](repeating: 0, count: groups * spans * 16))
        for row in 0..<groups * 16 {
            plain.narrow_integers(
                randomFloats(width, &random), width, UInt32(bits), row % 16, codes.start + row / 16 * groupBytes,
                scales.start + row / 16 * spans * 16)
        }
        let values = Guarded([Int8](repeating: 0, count: count * spans * Int(TERN_SPAN)))
        let (factors, sums) = (Guarded([Float](repeating: 0, count: count * spans)), Guarded([Int32](repeating: 0, count: count * spans)))
        for row in 0..<count {
            plain.quantise_spans(
                randomFloats(width, &random), width, values.start + row * spans * Int(TERN_SPAN), factors.start + row * spans,
                sums.start + row * spans)
        }
        var table = tern_integers(codes: codes.start, scales: scales.start, rows: first + rows, width: width, bits: UInt32(bits))
        var x = tern_spanned(values: values.start, scales: factors.start, sums: sums.start, count: count)
        return written((count - 1) * (rows + 1) + rows, poison: Float.infinity) { product(&table, first, rows, &x, $0, rows + 1) }
    }

    @Test(.enabled(if: tern_level_available(TERN_AVX512)), arguments: [4, 6, 8], widths)
    func productsOfIntegersAtAVXVNNIAreTheScalarOnes(_ bits: Int, _ width: Int) {
        for (rows, first, count) in [(1, 0, 1), (21, 16, 2), (3, 32, 4), (40, 0, 9)] {
            let scalar: IntegerProduct = tern_kernels_at(TERN_SCALAR).pointee.product_integers
            let expected = products(scalar, bits: bits, width: width, rows: rows, first: first, count: count)
            let found = products(tern_product_integers_evex, bits: bits, width: width, rows: rows, first: first, count: count)
            #expect(!found.strayed && found.values == expected.values, "\(rows) rows from \(first), \(count) activations")
        }
    }
}
