import Basis
import Models
import Tensors

/// A matrix made planes so that its products with activations stay what they were: block after block of columns, each weight first moved to
/// where it makes up best for the errors before it (GPTQ), towards the products that the model of floats has (GPTAQ).
package struct CompensatedMatrix {
    let sums: ActivationSums
    let factor: ErrorFactor
    let options: Compensation
    let kernels: Kernels
    let threads: ThreadPool

    package init(_ sums: ActivationSums, _ options: Compensation, _ kernels: Kernels, _ threads: ThreadPool) throws {
        (self.sums, self.options, self.kernels, self.threads) = (sums, options, kernels, threads)
        factor = try ErrorFactor(sums, damping: options.damping, sorted: options.isSorted, kernels, threads)
    }

    /// The planes of a matrix of as many columns as the sums have.
    package func planes(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, by quantiser: any Quantiser.Type
    ) throws -> PlaneMatrix {
        try PlaneMatrix.check(matrix, kernels, threads)
        let result = PlaneMatrix(weight, form), memory = ordered(matrix)
        defer { result.compare(with: matrix, kernels, threads) }
        let numbers = memory.start.assumingMemoryBound(to: Float.self)
        if options.asymmetry > 0, sums.crossSums != nil { try retarget(numbers, rows: matrix.rows) }
        for block in factor.order.blocks {
            let metric = factor.metric(block.places), moves = factor.moves(of: block.places)
            threads.parallel(matrix.rows, grain: 8) { rows in
                round(rows, block, numbers, moves, SpanRound(result: result, metric: metric, quantiser: quantiser, order: factor.order))
            }
        }
        return result
    }

    /// The weights as floats, their columns in the order in which they are rounded.
    private func ordered(_ matrix: FloatMatrix) -> AlignedMemory {
        let width = matrix.columns, memory = AlignedMemory(byteCount: 4 * matrix.rows * width)
        let numbers = memory.start.assumingMemoryBound(to: Float.self)
        threads.parallel(matrix.rows, grain: max(1, 65536 / width)) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { floats in
                guard let floats = floats.baseAddress else { return }
                for row in part {
                    matrix.copyRow(row, to: floats, kernels)
                    for (place, column) in factor.order.columns.enumerated() { numbers[row * width + place] = floats[column] }
                }
            }
        }
        return memory
    }

    /// Rounds some rows of a block. Left of it the memory has errors in place of weights, and so it has of the block afterwards.
    private func round(
        _ rows: Range<Int>, _ block: (places: Range<Int>, span: Int), _ numbers: UnsafeMutablePointer<Float>, _ moves: AlignedMemory,
        _ rounding: SpanRound
    ) {
        let width = factor.width, count = block.places.count, first = block.places.lowerBound
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * count) { wanted in
            guard let wanted = wanted.baseAddress else { return }
            for (index, row) in rows.enumerated() { (wanted + index * count).update(from: numbers + row * width + first, count: count) }
            kernels.addProducts(
                StridedFloats(numbers + rows.lowerBound * width, rowStep: width), rows: rows.count,
                moves.start.assumingMemoryBound(to: Float.self), bStride: count, depth: first, to: wanted, cStride: count, columns: count)
            for (index, row) in rows.enumerated() {
                let place = UnsafeMutableBufferPointer(start: numbers + row * width + first, count: count)
                rounding.round(row, block, wanted: UnsafeBufferPointer(start: wanted + index * count, count: count), place)
            }
        }
    }

    /// W ← W + W D (S + λ)⁻¹, with D = Σ (y - x) xᵀ: what gives, with the activations of the quantised model, the products nearest to
    /// those of the model of floats, so that errors of earlier layers are made up for, too (Li et al. 2025, "GPTAQ", in closed form).
    private func retarget(_ numbers: UnsafeMutablePointer<Float>, rows: Int) throws {
        guard let crossed = sums.crossSums else { return }
        let width = factor.width, change = AlignedMemory(byteCount: 4 * min(rows, CompensatedMatrix.rowsAtOnce) * width)
        let z = change.start.assumingMemoryBound(to: Float.self)
        for first in stride(from: 0, to: rows, by: CompensatedMatrix.rowsAtOnce) {
            let count = min(CompensatedMatrix.rowsAtOnce, rows - first), part = numbers + first * width
            z.update(repeating: 0, count: count * width)
            kernels.addProducts(
                StridedFloats(part, rowStep: width), rows: count, crossed, bStride: width, depth: width, to: z, cStride: width,
                columns: width, threads)
            factor.solve(z, rows: count)
            for index in 0..<count * width { part[index] += options.asymmetry * z[index] }
            guard (0..<count * width).allSatisfy({ part[$0].isFinite }) else { throw Failure("its activations are not finite") }
        }
    }

    private static let rowsAtOnce = 256
}
