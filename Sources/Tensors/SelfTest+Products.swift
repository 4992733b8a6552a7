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
    let (width, scale) = (trits[0].count, Float(0.37)), codes = trits.flatMap(Trits.pack), pool = ThreadPool(threads: 1)
    for layout in TritLayout.allCases {
        let matrix = codes.withUnsafeBytes {
            try? TernaryMatrix(
                copying: $0, rows: trits.count, columns: width, scale: scale, layout: layout, kernels: kernels, pool: pool)
        }
        guard let matrix else { return "\(layout.rawValue) cannot be made" }
        let out = products(kernels, matrix, activations, pool)
        if let place = firstDifference(out, trits, activations, scale) { return "\(layout.rawValue), \(place)" }
    }
    return nil
}

private func products(_ kernels: Kernels, _ matrix: TernaryMatrix, _ activations: [[Int8]], _ pool: ThreadPool) -> [Float] {
    let count = activations.count, width = matrix.columns
    let memory = AlignedMemory(byteCount: count * QuantisedRows.bytes(width: width))
    let rows = QuantisedRows(width: width, capacity: count, memory: memory.start)
    for (a, values) in activations.enumerated() { rows.fill(a, planes: Naive.planes(values), step: 1) }
    var out = [Float](repeating: .nan, count: matrix.rows * count)
    withExtendedLifetime(memory) {
        matrix.multiply(rows, count: count, into: &out, outStride: matrix.rows, kernels: kernels, pool: pool)
    }
    return out
}

private func firstDifference(_ out: [Float], _ trits: [[Int8]], _ activations: [[Int8]], _ scale: Float) -> String? {
    for a in activations.indices {
        for r in trits.indices {
            let expected = Float(Naive.dot(trits[r], activations[a])) * scale, found = out[a * trits.count + r]
            if found != expected { return "row \(r) with \(a) is \(found), not \(expected)" }
        }
    }
    return nil
}
