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
    for layout in TritLayout.allCases {
        let out = Naive.matrix(trits, width: width, layout: layout).withUnsafeBufferPointer { matrix -> [Float] in
            guard let start = matrix.baseAddress else { return [] }
            return products(kernels, TritRows(start, rows: trits.count, width: width, layout: layout), trits.count, activations, scale)
        }
        if let place = firstDifference(out, trits, activations, scale) { return "\(layout.rawValue), \(place)" }
    }
    return nil
}

private func products(
    _ kernels: Kernels, _ matrix: TritRows, _ rows: Int, _ activations: [[Int8]], _ scale: Float
) -> [Float] {
    let count = activations.count, width = activations[0].count, numbers = Kernels.tableCount(width: width)
    let planes = AlignedMemory(activations.flatMap(Naive.planes)), tables = AlignedMemory([Int16](repeating: 0, count: count * numbers))
    let sums = AlignedMemory(activations.map { row in Int32(row.reduce(0) { $0 + Int($1) }) })
    let scales = AlignedMemory([Float](repeating: scale, count: count)), stride = Kernels.activationBytes(width: width)
    for a in 0..<count {
        kernels.tables(planes.of(Int8.self) + a * stride, width: width, into: tables.of(Int16.self) + a * numbers)
    }
    var out = [Float](repeating: .nan, count: rows * count)
    let x = ActivationRows(
        planes: planes.of(Int8.self), stride: stride, sums: sums.of(Int32.self), scales: scales.of(Float.self), count: count,
        tables: tables.of(Int16.self), width: width)
    withExtendedLifetime((planes, sums, scales, tables)) {
        kernels.product(matrix, 0..<rows, x, into: &out, outStride: rows)
    }
    return out
}

extension AlignedMemory {
    fileprivate convenience init<Element: BitwiseCopyable>(_ elements: [Element]) {
        self.init(byteCount: elements.count * MemoryLayout<Element>.stride)
        elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    fileprivate func of<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> { start.assumingMemoryBound(to: type) }
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
