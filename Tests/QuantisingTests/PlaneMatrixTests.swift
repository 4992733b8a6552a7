import Catalog
import Models
import Support
import Tensors
import Testing
import Toolkit

/// Matrices of planes: what is stored, what is loaded of it, and what it multiplies to.
@Suite struct PlaneMatrixTests {
    private func made(_ sample: Sample, _ form: PlaneForm, _ kernels: Kernels = .best, threads: Int = 1) throws -> PlaneMatrix {
        let pool = ThreadPool(threads: threads)
        return try sample.with {
            let planes = try PlaneMatrix(sample.weight, form, of: $0, by: Catalog.quantiser("fitted"), kernels, pool)
            planes.compare(with: $0, kernels, pool)
            return planes
        }
    }

    private func table(_ planes: PlaneMatrix, _ kernels: Kernels) throws -> Table {
        let tensors = try planes.tensors()
        let source = MemorySource(tensors.map { ($0.entry, Array($0.bytes)) })
        return try Table(planes.weight, from: source, kernels: kernels, ThreadPool(threads: 2))
    }

    @Test(arguments: allForms, [1, 100, 128, 130, 400]) func loadedRowsAreThoseThatWereStored(form: PlaneForm, columns: Int) throws {
        let planes = try made(Sample(rows: 19, columns: columns, seed: 1), form), table = try table(planes, .best)
        for (row, floats) in planes.rowsAsFloats.enumerated() {
            var loaded = [Float](repeating: .nan, count: columns)
            table.copyRow(row, to: &loaded, .best)
            for (a, b) in zip(loaded, floats) { #expect(abs(a - b) <= 1e-6 * (1 + abs(b))) }
        }
    }

    /// Spans by themselves: each is what the rule makes of it alone.
    @Test(arguments: allForms) func everySpanIsRoundedByItself(form: PlaneForm) throws {
        let sample = Sample(rows: 3, columns: 300, seed: 2), planes = try made(sample, form), quantiser = try Catalog.quantiser("fitted")
        var error = 0.0
        for (row, floats) in planes.rowsAsFloats.enumerated() {
            for first in stride(from: 0, to: 300, by: 128) {
                let place = row * 300 + first..<row * 300 + min(300, first + 128), weights = Array(sample.numbers[place])
                let grid = weights.withUnsafeBufferPointer { quantiser.grid(for: $0, form, nil) }
                #expect(weights.map { grid.value(of: grid.code(of: $0)) } == Array(floats[first..<min(300, first + 128)]))
            }
            for (column, value) in floats.enumerated() {
                let lost = Double(sample.numbers[row * 300 + column]) - Double(value)
                error += lost * lost
            }
        }
        #expect(abs(planes.squareSums.error - error) < 1e-9 * error)
    }

    @Test(arguments: allForms) func theBytesDependOnNeitherThreadsNorProcessor(form: PlaneForm) throws {
        let sample = Sample(rows: 37, columns: 200, seed: 4), expected = try made(sample, form).stored
        for level in KernelLevel.available { #expect(try made(sample, form, .at(level), threads: 3).stored == expected) }
    }

    @Test(arguments: allForms, [1, 2, 3, 9]) func productsAreThoseOfTheRows(form: PlaneForm, count: Int) throws {
        let columns = 300, rows = 150
        let planes = try made(Sample(rows: rows, columns: columns, seed: 5), form)
        let x = (0..<count).map { normals(columns, seed: UInt64($0) + 6) }
        let found = try product(planes, x, .best, threads: 1)
        for level in KernelLevel.available { #expect(try product(planes, x, .at(level), threads: 2) == found) }
        for (row, weights) in planes.rowsAsFloats.enumerated() {
            for (a, x) in x.enumerated() {
                let exact = zip(weights, x).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                let most = zip(weights, x).reduce(0.0) { $0 + abs(Double($1.0)) } * Double(x.map(abs).max() ?? 0) / 127
                #expect(abs(Double(found[a][row]) - exact) <= 0.51 * most + 1e-4)
            }
        }
    }

    /// Through a graph: the rows of x are looked up, and multiplied by the matrix.
    private func product(_ planes: PlaneMatrix, _ x: [[Float]], _ kernels: Kernels, threads: Int) throws -> [[Float]] {
        let (rows, columns, pool) = (planes.weight.rows, planes.weight.columns, ThreadPool(threads: threads))
        let graph = try Graph { $0.embedding("x", vocabulary: x.count, width: columns).linear("w", to: rows, table: nil) }
        let table = try TensorEntry(name: "x.weight", element: .float32, shape: [x.count, columns])
        let tensors = [(table, x.flatMap { $0 }.withUnsafeBytes { Array($0) })] + (try planes.tensors()).map { ($0.entry, Array($0.bytes)) }
        let weights = try Weights(graph, from: MemorySource(tensors), kernels: kernels, threads: pool)
        return try logits(Machine(graph, weights, kernels: kernels, threads: pool), x.indices.map { Int32($0) })
    }
}
