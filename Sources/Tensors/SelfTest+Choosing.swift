import Glibc

/// The kernels that tokens are chosen with.
func checkMaxima(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 8)
    for width in selfTestWidths {
        var x = (0..<width).map { _ in random.normal() }
        for index in x.indices where index % 31 == 30 || index / Kernels.maximaBlock == 2 { x[index] = .nan }
        for index in x.indices where index % 47 == 46 { x[index] = -.infinity }
        let expected = Naive.maxima(x)
        var maxima = [Float](repeating: .nan, count: expected.count)
        kernels.maxima(x, count: width, into: &maxima)
        guard maxima == expected else { return .differs("width \(width)") }
    }
    return .same("widths \(selfTestWidths), with NaN and infinity")
}

func checkExponentials(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 9)
    for width in selfTestWidths {
        let x = (0..<width).map { $0 == 1 ? -.infinity : -abs(random.normal()) * 20 } + [0]
        for factor in [Float(1), 0.5, 3] {
            let (found, plain) = (exponentials(x, factor, kernels), exponentials(x, factor, .at(.scalar)))
            let exact = x.map { exp(Double($0 * factor)) }
            guard found == plain else { return .differs("width \(width): bits") }
            let near = zip(found.values, exact).allSatisfy { abs(Double($0) - $1) <= max(1e-44, 2 * Double(Float($1).ulp)) }
            let sum = found.values.reduce(0.0) { $0 + Double($1) }
            guard near, abs(found.sum - sum) <= sum * 1e-12 else { return .differs("width \(width): precision") }
        }
    }
    return .same("widths \(selfTestWidths) within 2 units in the last place")
}

private struct Exponentials: Equatable {
    var values: [Float]
    var sum = 0.0
}

private func exponentials(_ x: [Float], _ factor: Float, _ kernels: Kernels) -> Exponentials {
    var result = Exponentials(values: x)
    result.sum = kernels.exponentials(x, largest: 0, factor: factor, count: x.count, into: &result.values)
    return result
}
