import Catalog
import Models
import Quantising
import Tensors
import Testing
import Toolkit

/// Rounding that makes up for errors, against GPTQ as its paper has it, in doubles.
@Suite struct CompensationTests {
    private static let pool = ThreadPool(threads: 2)

    /// Activations some of whose columns are large and some alike.
    private static func activations(_ count: Int, _ width: Int, seed: UInt64) -> [[Float]] {
        let common = normals(count, seed: seed + 100)
        return (0..<count).map { row in
            normals(width, seed: seed + UInt64(row)).enumerated().map { column, x in
                (x + (column % 3 == 0 ? common[row] : 0)) * (column % 7 == 0 ? 4 : 1)
            }
        }
    }

    private static func sums(_ x: [[Float]], _ y: [[Float]]? = nil, _ kernels: Kernels = .best) throws -> ActivationSums {
        let sums = try ActivationSums(width: x[0].count, crossed: y != nil)
        x.flatMap { $0 }.withUnsafeBufferPointer { x in
            (y ?? []).flatMap { $0 }.withUnsafeBufferPointer { y in
                guard let start = x.baseAddress else { return }
                sums.add(start, y.isEmpty ? nil : y.baseAddress, count: x.count / sums.width, kernels, pool)
            }
        }
        return sums
    }

    private static func squares(_ a: [[Float]], _ b: [[Float]]) -> [[Double]] {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: b[0].count), count: a[0].count)
        for (x, y) in zip(a, b) { for i in x.indices { for j in y.indices { sums[i][j] += Double(x[i]) * Double(y[j]) } } }
        return sums
    }

    @Test(arguments: [1, 5, 127, 128, 129, 300], [true, false]) func theFactorGivesTheSumsBack(width: Int, sorted: Bool) throws {
        let x = Self.activations(2 * width, width, seed: 1), expected = Self.squares(x, x)
        let factor = try ErrorFactor(Self.sums(x), damping: 0.01, sorted: sorted, .best, Self.pool)
        let columns = factor.order.columns, mean = (0..<width).reduce(0) { $0 + expected[$1][$1] } / Double(width)
        #expect(columns.sorted() == Array(0..<width))
        for i in 0..<width {
            for j in i..<width {
                var sum = 0.0
                for k in j..<width { sum += Double(factor.numbers[i * width + k]) * Double(factor.numbers[j * width + k]) }
                let wanted: Double = expected[columns[i]][columns[j]] + (i == j ? 0.01 * mean : 0)
                #expect(abs(sum - wanted) < 1e-3 * mean)
            }
        }
    }

    @Test func columnsWithLargeActivationsComeFirstAndSpansStayTogether() {
        let energy = (0..<300).map { column -> Float in
            let large = 128..<256 ~= column ? 1000 : 0
            return Float(column * 37 % 101 + large)
        }
        let order = ColumnOrder(energy: energy, isSorted: true)
        let spans = order.blocks.map { $0.span }
        #expect(spans == [1, 2, 0] || spans == [1, 0, 2])
        for block in order.blocks {
            let columns = order.columns[block.places]
            #expect(columns.allSatisfy { $0 / 128 == block.span })
            #expect(zip(columns, columns.dropFirst()).allSatisfy { energy[$0] >= energy[$1] })
        }
    }

    /// One column after the other; after each, all later weights are moved by -error / [H⁻¹]_jj times the row of H⁻¹, which then loses the
    /// column (Frantar et al. 2022, equations 2 and 3). Grids are fitted to a span's weights when its turn comes.
    private static func naive(_ w: [Float], _ h: [[Double]], _ form: PlaneForm, _ quantiser: any Quantiser.Type) -> [Float] {
        var w = w.map { Double($0) }, inverse = Self.inverse(h), result = [Float](repeating: 0, count: w.count), grid = PlaneGrid(form, scales: [0])
        for j in w.indices {
            if j % 128 == 0 {
                grid = w[j..<min(w.count, j + 128)].map { Float($0) }.withUnsafeBufferPointer { quantiser.grid(for: $0, form, nil) }
            }
            result[j] = grid.value(of: grid.code(of: Float(w[j])))
            let error = (w[j] - Double(result[j])) / inverse[j][j], row = inverse[j]
            for k in j + 1..<max(w.count, j + 1) { w[k] -= error * row[k] }
            for a in j + 1..<max(w.count, j + 1) { for b in j..<w.count { inverse[a][b] -= row[a] * row[b] / row[j] } }
        }
        return result
    }

    private static func inverse(_ a: [[Double]]) -> [[Double]] {
        let n = a.count
        var m = a.enumerated().map { i, row in row + (0..<n).map { $0 == i ? 1 : 0 } }
        for c in 0..<n {
            let pivot = (c..<n).max { abs(m[$0][c]) < abs(m[$1][c]) }!
            m.swapAt(c, pivot)
            let inverse = 1 / m[c][c]
            for k in 0..<2 * n { m[c][k] *= inverse }
            for r in 0..<n where r != c {
                let factor = m[r][c]
                for k in 0..<2 * n { m[r][k] -= factor * m[c][k] }
            }
        }
        return m.map { Array($0[n...]) }
    }

    private static func options(sorted: Bool, asymmetry: Float) -> Compensation {
        var options = Compensation()
        (options.isSorted, options.asymmetry) = (sorted, asymmetry)
        return options
    }

    @Test(arguments: ["absmean", "twn"]) func roundingIsThatOfThePaper(name: String) throws {
        let width = 200, sample = Sample(rows: 12, columns: width, seed: 3), quantiser = try Catalog.quantiser(name)
        let x = Self.activations(500, width, seed: 4)
        var h = Self.squares(x, x)
        let mean = (0..<width).reduce(0) { $0 + h[$1][$1] } / Double(width)
        for j in 0..<width { h[j][j] += 0.01 * mean }
        let matrix = try CompensatedMatrix(Self.sums(x), Self.options(sorted: false, asymmetry: 0), .best, Self.pool)
        let found = try sample.with { try matrix.planes(sample.weight, .single, of: $0, by: quantiser) }.rowsAsFloats
        var same = 0, all = 0
        for (row, floats) in found.enumerated() {
            let expected = Self.naive(Array(sample.numbers[row * width..<(row + 1) * width]), h, .single, quantiser)
            // One number that lies between two values, and is rounded otherwise in floats, changes those after it.
            (same, all) = (same + zip(floats, expected).count { abs($0 - $1) < 1e-3 }, all + width)
        }
        #expect(Double(same) > 0.97 * Double(all), "\(same) of \(all)")
    }

    private static func loss(_ rows: [[Float]], _ sample: Sample, _ x: [[Float]], _ y: [[Float]]) -> Double {
        var loss = 0.0
        for (row, weights) in rows.enumerated() {
            let original = sample.numbers[row * weights.count..<(row + 1) * weights.count]
            for (x, y) in zip(x, y) {
                var difference = 0.0
                for (weight, x) in zip(weights, x) { difference += Double(weight) * Double(x) }
                for (weight, y) in zip(original, y) { difference -= Double(weight) * Double(y) }
                loss += difference * difference
            }
        }
        return loss
    }

    /// Each step of the ladder loses less of the products than the one below.
    @Test(arguments: allForms) func everyStepOfTheLadderLosesLess(form: PlaneForm) throws {
        let width = 256, sample = Sample(rows: 24, columns: width, seed: 5), x = Self.activations(700, width, seed: 6)
        let noise = Self.activations(700, width, seed: 50)
        let y = zip(x, noise).map { x, noise in zip(x, noise).map { $0 + 0.15 * $1 } }
        let fitted = try Catalog.quantiser("fitted")
        let plain = try sample.with { try PlaneMatrix(sample.weight, form, of: $0, by: fitted, .best, Self.pool) }
        func planes(_ asymmetry: Float) throws -> [[Float]] {
            let matrix = try CompensatedMatrix(Self.sums(x, y), Self.options(sorted: true, asymmetry: asymmetry), .best, Self.pool)
            return try sample.with { try matrix.planes(sample.weight, form, of: $0, by: fitted) }.rowsAsFloats
        }
        let symmetric = try planes(0), asymmetric = try planes(1)
        #expect(Self.loss(symmetric, sample, x, x) < 0.7 * Self.loss(plain.rowsAsFloats, sample, x, x))
        #expect(Self.loss(asymmetric, sample, x, y) < Self.loss(symmetric, sample, x, y))
    }

    /// W + W (C - S)(S + λ)⁻¹, solved in doubles.
    @Test func targetsAreThoseOfLeastSquares() throws {
        let width = 140, x = Self.activations(400, width, seed: 7), factor = try ErrorFactor(Self.sums(x), damping: 0.01, sorted: true, .best, Self.pool)
        var h = Self.squares(x, x)
        let mean = (0..<width).reduce(0) { $0 + h[$1][$1] } / Double(width)
        for j in 0..<width { h[j][j] += 0.01 * mean }
        let inverse = Self.inverse(h), columns = factor.order.columns, z = normals(3 * width, seed: 8).map { 100 * $0 }
        var found = z
        found.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { factor.solve(start, rows: 3) } }
        for row in 0..<3 {
            for j in 0..<width {
                var expected = 0.0
                for k in 0..<width { expected += Double(z[row * width + k]) * inverse[columns[k]][columns[j]] }
                #expect(abs(Double(found[row * width + j]) - expected) < 1e-3)
            }
        }
    }

    @Test func theBytesDependOnNeitherThreadsNorProcessor() throws {
        let sample = Sample(rows: 21, columns: 200, seed: 9), x = Self.activations(300, 200, seed: 10), y = Self.activations(300, 200, seed: 11)
        let form = try #require(PlaneForm(count: 2, isTied: true, hasShift: true)), fitted = try Catalog.quantiser("fitted")
        func stored(_ kernels: Kernels, _ threads: Int) throws -> [[UInt8]] {
            let pool = ThreadPool(threads: threads)
            let matrix = try CompensatedMatrix(Self.sums(x, y, kernels), Self.options(sorted: true, asymmetry: 0.5), kernels, pool)
            return try sample.with { try matrix.planes(sample.weight, form, of: $0, by: fitted) }.stored
        }
        let expected = try stored(.best, 1)
        for level in KernelLevel.available { #expect(try stored(.at(level), 3) == expected) }
    }

    @Test func activationsThatAreNotFiniteAreRefused() throws {
        #expect(throws: (any Error).self) {
            try ErrorFactor(Self.sums([[1, .infinity], [1, 2]]), damping: 0.01, sorted: true, .best, Self.pool)
        }
    }

    /// What no activation meets is rounded all the same.
    @Test func columnsWithoutActivationsAreRoundedToTheNearest() throws {
        let x = Self.activations(100, 60, seed: 12).map { $0.enumerated().map { $0 % 5 == 0 ? 0 : $1 } }
        let sample = Sample(rows: 4, columns: 60, seed: 13)
        let matrix = try CompensatedMatrix(Self.sums(x), Self.options(sorted: true, asymmetry: 0), .best, Self.pool)
        let rows = try sample.with { try matrix.planes(sample.weight, .single, of: $0, by: Catalog.quantiser("fitted")) }.rowsAsFloats
        #expect(rows.allSatisfy { $0.allSatisfy(\.isFinite) })
    }
}
