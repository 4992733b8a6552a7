import Catalog
import Models
import Tensors
import Testing
import Toolkit

/// What numbers are rounded to, against the definitions.
@Suite struct GridTests {
    @Test(arguments: allForms) func everyNumberGetsTheNearestValue(form: PlaneForm) {
        let scales = Array([Float(1.5), 0.625, 0.25].prefix(form.scaleCount)), shift: Float = form.hasShift ? 0.125 : 0
        let grid = PlaneGrid(form, scales: scales, shift: shift), all = levels(form, scales: scales, shift: shift)
        for number in normals(500, seed: 3).map({ 3 * $0 }) {
            let code = grid.code(of: number)
            #expect(grid.value(of: code) == all[Int(code)].value)
            #expect(abs(number - grid.value(of: code)) <= all.map { abs(number - $0.value) }.min() ?? 0)
        }
        for (code, level) in all.enumerated() { #expect(grid.value(of: UInt8(code)) == level.value) }
    }

    @Test func scalesAreKeptAsTheyAreStored() {
        let grid = PlaneGrid(.single, scales: [0.1])
        #expect(grid.scales == [Float16(0.1)] && grid.value(of: 2) == Float(Float16(0.1)))
    }

    @Test func ofScalesOfZeroEveryCodeIsZero() {
        for form in allForms {
            let grid = PlaneGrid(form, scales: Array(repeating: 0, count: form.scaleCount))
            for number in [-1, 0, 1] as [Float] {
                let trits = levels(form, scales: [0, 0, 0], shift: 0)[Int(grid.code(of: number))].trits
                #expect(trits.allSatisfy { $0 == 0 })
            }
        }
    }

    /// Plane by plane, as the rules are written.
    @Test(arguments: ["absmean", "twn"], 1...3) func residualRulesGoPlaneByPlane(name: String, count: Int) throws {
        let quantiser = try Catalog.quantiser(name)
        let form = try #require(PlaneForm(count: count, isTied: false, hasShift: false))
        for width in [1, 5, 128] {
            let weights = normals(width, seed: UInt64(width + count))
            let grid = weights.withUnsafeBufferPointer { quantiser.grid(for: $0, form, nil) }
            var rest = weights, sums = [Float](repeating: 0, count: width)
            for plane in 0..<count {
                let mean = rest.reduce(0.0) { $0 + Double(abs($1)) } / Double(width), zone = Float(name == "twn" ? 0.75 * mean : 0)
                let large = rest.filter { abs($0) > zone }.map { Double(abs($0)) }
                let fitted = name == "twn" ? (large.isEmpty ? 0 : large.reduce(0, +) / Double(large.count)) : mean
                let scale = Float(Float16(Float(fitted)))
                #expect(grid.scales[plane] == Float16(scale))
                for index in rest.indices where abs(rest[index]) > (name == "twn" ? zone : Float(mean) / 2) {
                    let sign: Float = rest[index] < 0 ? -1 : 1
                    rest[index] -= sign * scale
                    sums[index] += sign * scale
                }
            }
            for (weight, sum) in zip(weights, sums) { #expect(abs(grid.value(of: grid.code(of: weight)) - sum) < 1e-5) }
        }
    }

    /// Of normally distributed weights the errors are known: those of Lloyd and Max for one plane, of the best uniform steps for more.
    @Test func fittedGridsAreAsGoodAsTheoryAllows() throws {
        let quantiser = try Catalog.quantiser("fitted")
        for (count, tied, most) in [(1, true, 0.4361), (2, true, 0.1752), (2, false, 0.1704), (3, true, 0.0685)] {
            let form = try #require(PlaneForm(count: count, isTied: tied, hasShift: false))
            var error = 0.0, total = 0.0
            for seed in 0..<UInt64(200) {
                let weights = normals(128, seed: seed), grid = weights.withUnsafeBufferPointer { quantiser.grid(for: $0, form, nil) }
                for weight in weights {
                    let lost = Double(weight - grid.value(of: grid.code(of: weight)))
                    (error, total) = (error + lost * lost, total + Double(weight) * Double(weight))
                }
            }
            #expect((error / total).squareRoot() < 1.01 * most, "\(count) planes, tied: \(tied)")
        }
    }

    /// With the trits as they are, no other scale and no other shift has a smaller error, but for half precision.
    @Test(arguments: allForms) func aFittedGridIsItsOwnLeastSquares(form: PlaneForm) throws {
        let quantiser = try Catalog.quantiser("fitted"), weights = normals(128, seed: 9).map { $0 + 0.3 }
        let grid = weights.withUnsafeBufferPointer { quantiser.grid(for: $0, form, nil) }
        let codes = weights.map(grid.code), scales = grid.scales.map { Float($0) }
        func error(_ other: PlaneGrid) -> Double {
            zip(weights, codes).reduce(0) { sum, pair in
                let lost = Double(pair.0 - other.value(of: pair.1))
                return sum + lost * lost
            }
        }
        let least = error(grid)
        for plane in scales.indices {
            for factor in [0.95, 1.05] as [Float] {
                var other = scales
                other[plane] *= factor
                #expect(error(PlaneGrid(form, scales: other, shift: Float(grid.shift))) > least)
            }
        }
        guard form.hasShift else { return }
        for step in [-0.05, 0.05] as [Float] { #expect(error(PlaneGrid(form, scales: scales, shift: Float(grid.shift) + step)) > least) }
    }
}
