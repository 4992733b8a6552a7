import Basis
import Models
import Tensors

/// U, upper triangular, with S + λ = U Uᵀ for the sums S of a matrix' activations: errors e of a row of weights cost |e U|², and the
/// share of a column in that depends on no later one. λ is a share of the mean of the diagonal (Frantar et al. 2022, "GPTQ", section 3).
package struct ErrorFactor {
    let width: Int
    package let order: ColumnOrder
    /// They become the factor, row after row, in the order of `order`.
    private let sums: ActivationSums
    private let kernels: Kernels
    private let threads: ThreadPool

    package var numbers: UnsafeMutablePointer<Float> { sums.squareSums }

    /// Takes the sums over, whose squares are overwritten. Fails if the sums are not finite. What no activation meets is taken to meet
    /// ones, for nothing depends on it.
    package init(_ sums: ActivationSums, damping: Float, sorted: Bool, _ kernels: Kernels, _ threads: ThreadPool) throws {
        (width, self.sums, self.kernels, self.threads) = (sums.width, sums, kernels, threads)
        let width = width, squares = sums.squareSums
        let energy = (0..<width).map { squares[$0 * (width + 1)] }
        guard energy.allSatisfy(\.isFinite) else { throw Failure("its activations are not finite") }
        order = ColumnOrder(energy: energy, isSorted: sorted)
        let mean = Float(energy.reduce(0.0) { $0 + Double($1) } / Double(width))
        sums.reorder(order, threads)
        damp(by: mean > 0 ? damping * mean : 1)
        for block in order.blocks.reversed() { try factorise(block.places) }
    }

    /// S + λ, upper half.
    private func damp(by lambda: Float) {
        for row in 0..<width {
            let target = numbers + row * width
            target.update(repeating: 0, count: row)
            target[row] = (target[row] > 0 ? target[row] : 1) + lambda
        }
    }

    /// From the last block to the first: its own factor, then the columns above it, then what is left of all numbers up and left of it.
    private func factorise(_ block: Range<Int>) throws {
        try factoriseDiagonal(block)
        let above = block.lowerBound, count = block.count
        guard above > 0 else { return }
        threads.parallel(above, grain: 16) { part in for row in part { solve(row, block) } }
        // The columns above, turned round, so that products find them in rows.
        let turned = AlignedMemory(byteCount: 4 * count * above), rows = turned.start.assumingMemoryBound(to: Float.self)
        for row in 0..<above { for k in 0..<count { rows[k * above + row] = -numbers[row * width + block.lowerBound + k] } }
        let step = 32
        threads.parallel((above + step - 1) / step) { part in
            for first in part.map({ $0 * step }) {
                kernels.addProducts(
                    StridedFloats(numbers + first * width + block.lowerBound, rowStep: width), rows: min(step, above - first),
                    rows + first, bStride: above, depth: count, to: numbers + first * width + first, cStride: width, columns: above - first)
            }
        }
    }

    /// A = U Uᵀ for a block on the diagonal, in doubles.
    private func factoriseDiagonal(_ block: Range<Int>) throws {
        let count = block.count, start = numbers + block.lowerBound * (width + 1)
        var a = (0..<count).flatMap { row in (0..<count).map { Double(start[row * width + $0]) } }
        for column in stride(from: count - 1, through: 0, by: -1) {
            guard a[column * (count + 1)] > 0 else {
                throw Failure("its activations do not tell its columns apart: more damping is needed")
            }
            let root = a[column * (count + 1)].squareRoot()
            a[column * (count + 1)] = root
            for row in 0..<column { a[row * count + column] /= root }
            for row in 0..<column {
                for other in row..<column { a[row * count + other] -= a[row * count + column] * a[other * count + column] }
            }
        }
        for row in 0..<count { for column in row..<count { start[row * width + column] = Float(a[row * count + column]) } }
    }

    /// Row `row` of the columns above a block: a ← a U⁻ᵀ.
    private func solve(_ row: Int, _ block: Range<Int>) {
        let target = numbers + row * width
        for column in block.reversed() {
            let from = numbers + column * width
            var sum = target[column]
            for later in column + 1..<max(block.upperBound, column + 1) { sum -= target[later] * from[later] }
            target[column] = sum / from[column]
        }
    }
}

extension ErrorFactor {
    /// What errors in a block cost, given that earlier ones are what they are.
    func metric(_ block: Range<Int>) -> SpanMetric {
        SpanMetric(width: block.count, factor: block.flatMap { row in
            block.map { $0 < row ? 0 : numbers[row * width + $0] }
        })
    }

    /// How far an error of an earlier column moves the numbers that the weights of a block should have: U_ab U_bb⁻¹, row after row.
    func moves(of block: Range<Int>) -> AlignedMemory {
        let count = block.count, memory = AlignedMemory(byteCount: max(4, 4 * block.lowerBound * count))
        let result = memory.start.assumingMemoryBound(to: Float.self)
        threads.parallel(block.lowerBound, grain: 16) { part in
            for row in part {
                let from = numbers + row * width + block.lowerBound, target = result + row * count
                for column in 0..<count {
                    var sum = from[column]
                    for earlier in 0..<column {
                        sum -= target[earlier] * numbers[(block.lowerBound + earlier) * width + block.lowerBound + column]
                    }
                    target[column] = sum / numbers[(block.lowerBound + column) * (width + 1)]
                }
            }
        }
        return memory
    }

    /// z ← z (U Uᵀ)⁻¹ for `rows` rows.
    package func solve(_ z: UnsafeMutablePointer<Float>, rows: Int) {
        for block in order.blocks.reversed() {
            let places = block.places
            if places.upperBound < width { subtractLater(z, rows, places) }
            eachRow(of: z, rows) { solveAgainstTransposed($0, places) }
        }
        for block in order.blocks {
            let places = block.places
            if places.lowerBound > 0 { subtractEarlier(z, rows, places) }
            eachRow(of: z, rows) { solveAgainst($0, places) }
        }
    }

    private func eachRow(of z: UnsafeMutablePointer<Float>, _ rows: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
        threads.parallel(rows, grain: 16) { part in for row in part { body(z + row * width) } }
    }

    /// z_b -= z_c U_bcᵀ for the columns c behind the block.
    private func subtractLater(_ z: UnsafeMutablePointer<Float>, _ rows: Int, _ block: Range<Int>) {
        let later = width - block.upperBound, count = block.count
        let turned = AlignedMemory(byteCount: 4 * later * count), b = turned.start.assumingMemoryBound(to: Float.self)
        for row in 0..<later {
            for column in 0..<count { b[row * count + column] = -numbers[(block.lowerBound + column) * width + block.upperBound + row] }
        }
        kernels.addProducts(
            StridedFloats(z + block.upperBound, rowStep: width), rows: rows, b, bStride: count, depth: later, to: z + block.lowerBound,
            cStride: width, columns: count, threads)
    }

    /// z_b -= z_a U_ab for the columns a before the block.
    private func subtractEarlier(_ z: UnsafeMutablePointer<Float>, _ rows: Int, _ block: Range<Int>) {
        let count = block.count, memory = AlignedMemory(byteCount: 4 * block.lowerBound * count)
        let b = memory.start.assumingMemoryBound(to: Float.self)
        for row in 0..<block.lowerBound {
            for column in 0..<count { b[row * count + column] = -numbers[row * width + block.lowerBound + column] }
        }
        kernels.addProducts(
            StridedFloats(z, rowStep: width), rows: rows, b, bStride: count, depth: block.lowerBound, to: z + block.lowerBound,
            cStride: width, columns: count, threads)
    }

    /// x Uᵀ = z within a block, from the last column to the first.
    private func solveAgainstTransposed(_ z: UnsafeMutablePointer<Float>, _ block: Range<Int>) {
        for column in block.reversed() {
            let from = numbers + column * width
            var sum = z[column]
            for later in column + 1..<max(block.upperBound, column + 1) { sum -= z[later] * from[later] }
            z[column] = sum / from[column]
        }
    }

    /// x U = z within a block, from the first column to the last.
    private func solveAgainst(_ z: UnsafeMutablePointer<Float>, _ block: Range<Int>) {
        for column in block {
            z[column] /= numbers[column * (width + 1)]
            let from = numbers + column * width, number = z[column]
            for later in column + 1..<max(block.upperBound, column + 1) { z[later] -= number * from[later] }
        }
    }
}
