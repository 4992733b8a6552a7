func checkProducts(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 1)
    for width in selfTestWidths {
        for count in [1, 2, 3, 7, 16] {
            let trits = (0..<5).map { _ in (0..<width).map { _ in Int8(random.next() % 3) - 1 } }
            let activations = (0..<count).map { _ in (0..<width).map { _ in Int8(Int(random.next() % 255) - 127) } }
            if let place = firstDifference(kernels, trits, activations) { return .differs("width \(width), \(count) rows: \(place)") }
        }
    }
    return .same("widths \(selfTestWidths), 1 to 16 rows")
}

func checkWorstProducts(_ kernels: Kernels) -> SelfTestOutcome {
    let width = 32_768
    let trits = [Int8(1), -1].map { [Int8](repeating: $0, count: width) }
    let activations = [Int8(127), -127].map { [Int8](repeating: $0, count: width) }
    for chosen in [activations, [activations[0]], [activations[1]]] {
        if let place = firstDifference(kernels, trits, chosen) { return .differs("width \(width): \(place)") }
    }
    return .same("\(width) terms of 127 times 1, all signs")
}

/// Where the kernel's products differ from the naive ones, scaled by a number that rounds.
private func firstDifference(_ kernels: Kernels, _ trits: [[Int8]], _ activations: [[Int8]]) -> String? {
    let (width, scale) = (trits[0].count, Float(0.37))
    let sums = activations.map { row in Int32(row.reduce(0) { $0 + Int($1) }) }
    var out = [Float](repeating: .nan, count: trits.count * activations.count)
    kernels.product(
        Naive.kernelRows(trits, width: width), rows: trits.count, rowBytes: Kernels.rowBytes(width: width),
        activations: activations.flatMap(Naive.planes), activationStride: Kernels.activationBytes(width: width), sums: sums,
        scales: [Float](repeating: scale, count: activations.count), count: activations.count, out: &out, outStride: trits.count)
    for a in activations.indices {
        for r in trits.indices {
            let expected = Float(Naive.dot(trits[r], activations[a])) * scale
            if out[a * trits.count + r] != expected {
                return "row \(r) with \(a) is \(out[a * trits.count + r]), not \(expected)"
            }
        }
    }
    return nil
}
