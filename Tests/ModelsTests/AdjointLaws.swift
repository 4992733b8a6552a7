import Basis
import Models
import Tensors
import Testing

/// The laws of training, over every operation there is.
@Suite struct AdjointLaws {
    @Test(arguments: try Sample.all())
    func aForestGrowsAsForksOfSessionsRun(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 40, seed: 11), forest = bench.forest(seed: 12)
        let grown = try bench.grow(forest)
        for row in 0..<40 {
            let path = try bench.run(rows: forest.path(to: row)).output
            #expect(difference(grown[row], path.last ?? []) <= 1e-5 * (1 + size(grown[row])), "row \(row)")
        }
    }

    @Test(arguments: try Sample.all())
    func aForestGrowsInParts(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 40, seed: 13), forest = bench.forest(seed: 14)
        #expect(try bench.grow(forest) == bench.grow(forest, borders: [1, 2, 19]))
    }

    @Test(arguments: try Sample.all())
    func pullGivesFiniteDifferences(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 12, seed: 15), forest = bench.forest(seed: 16)
        var random = Random(seed: 17)
        let width = try sample.operation.form(of: sample.inputs).width
        let factors = (0..<12).map { _ in (0..<width).map { _ in random.normal() } }
        let gradients = try bench.pull(forest, factors)
        for (input, form) in sample.inputs.enumerated() {
            let scale = size(gradients.inputs[input].flatMap { $0 })
            for _ in 0..<40 {
                let row = Int(random.next() % 12), column = Int(random.next() % UInt64(form.width))
                let found = Double(gradients.inputs[input][row][column])
                let expected = slope(bench, forest, factors, .input(input, row: row, column: column), step: 1e-4)
                #expect(abs(found - expected) <= 1e-4 * (scale + abs(expected)), "input \(input), row \(row), column \(column)")
            }
        }
        let scale = size(gradients.weight)
        for _ in 0..<(gradients.weight.isEmpty ? 0 : 40) {
            let index = Int(random.next() % UInt64(gradients.weight.count))
            let expected = slope(bench, forest, factors, .weight(index), step: 1e-2)
            #expect(abs(Double(gradients.weight[index]) - expected) <= 1e-3 * (scale + abs(expected)), "weight \(index)")
        }
    }

    /// Gradients as whole numbers of a few digits are off by no more than 2^-13 of what they are.
    @Test(arguments: try Sample.all())
    func pullByDigitsGivesWhatPullByFloatsGives(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 37, seed: 20), forest = bench.forest(seed: 21)
        var random = Random(seed: 22)
        let width = try sample.operation.form(of: sample.inputs).width
        let factors = (0..<37).map { row in (0..<width).map { _ in random.normal() * (row == 5 ? 1e6 : 1) } }
        let floats = try bench.pull(forest, factors), digits = try bench.pull(forest, factors, digits: true)
        let pairs = zip(floats.inputs.map { $0.flatMap { $0 } } + [floats.weight], digits.inputs.map { $0.flatMap { $0 } } + [digits.weight])
        for (a, b) in pairs { #expect(norm(zip(a, b).map { $0 - $1 }) <= 0x1p-13 * norm(a)) }
    }

    private func norm(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }

    /// Adjoints add to what other readers of a row have found.
    @Test(arguments: try Sample.all())
    func rowsThatNobodyReadsGetNoGradient(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 12, seed: 18), forest = bench.forest(seed: 19)
        let width = try sample.operation.form(of: sample.inputs).width
        let gradients = try bench.pull(forest, [[Float]](repeating: [Float](repeating: 0, count: width), count: 12))
        #expect(gradients.inputs.allSatisfy { $0.allSatisfy { $0.allSatisfy { $0 == 0 } } } && gradients.weight.allSatisfy { $0 == 0 })
    }

    private func slope(_ bench: Bench, _ forest: Forest, _ factors: [[Float]], _ place: Bench.Place, step: Double) -> Double {
        (bench.loss(forest, factors, moving: place, by: step) - bench.loss(forest, factors, moving: place, by: -step)) / (2 * step)
    }

    private func size(_ values: [Float]) -> Double { Double(values.map(abs).max() ?? 0) }

    private func difference(_ a: [Float], _ b: [Float]) -> Double { a.count == b.count ? size(zip(a, b).map { $0 - $1 }) : .infinity }
}
