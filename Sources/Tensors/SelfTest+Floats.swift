import CTernKernels

func checkQuantise(_ kernels: Kernels) -> SelfTestOutcome {
    for x in quantiserInputs() {
        var (planes, inverse) = ([Int8](repeating: -1, count: Kernels.activationBytes(width: x.count)), Float.nan)
        let sum = kernels.quantise(x, width: x.count, into: &planes, inverse: &inverse)
        let expected = Naive.quantise(x)
        guard planes == Naive.planes(expected.values), inverse == expected.inverse,
            Int(sum) == expected.values.reduce(0, { $0 + Int($1) })
        else { return .differs("width \(x.count), starting with \(x[0])") }
    }
    return .same("random values, ties, zeros, NaN, denormal and huge numbers")
}

/// Rows whose rounding is delicate. With a largest value of 127 the scale is 1, so that halves are ties.
private func quantiserInputs() -> [[Float]] {
    var random = Random(seed: 2)
    let ties = (0..<254).map { Float($0) - 126.5 } + [127]
    let special: [[Float]] = [
        ties, [0, 0, 0], [-0.0], [0x1p-140, -0x1p-145, 0], [3e38, -1.5e38, 1], [.nan, 1, -2], [1e-5, 0.5e-5], [-127, 126.5, 0.5, -0.5],
    ]
    return special + selfTestWidths.map { width in (0..<width).map { _ in random.normal() } }
}

func checkNorms(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 3)
    for width in selfTestWidths {
        let x = (0..<width).map { _ in random.normal() }
        for gain in [nil, x] {
            let y = apply(width) { kernels.rmsNorm(x, gain: gain, epsilon: 1e-6, width: width, into: $0) }
            let plain = apply(width) { Kernels.at(.scalar).rmsNorm(x, gain: gain, epsilon: 1e-6, width: width, into: $0) }
            let exact = Naive.rmsNorm(x, gain: gain, epsilon: 1e-6)
            guard sameBits(y, plain), near(y, exact, ulps: 3) else { return .differs("width \(width)") }
        }
    }
    return .same("widths \(selfTestWidths), within 3 units in the last place")
}

func checkSigmoids(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 4)
    let special: [Float] = [0, -0.0, 0x1p-140, 88, -88, 103, -103, 200, -200, 3e38, -3e38, .infinity, -.infinity, 0.3465736, -0.3465736]
    let x = special + (0..<4000).map { _ in (random.uniform() - 0.5) * 200 } + (0..<4001).map { _ in random.normal() * 3 }
    let ones = [Float](repeating: 1, count: x.count)
    let functions: [(name: String, run: (Kernels, UnsafeMutablePointer<Float>) -> Void, exact: (Float) -> Double)] = [
        ("sigmoid", { $0.sigmoid(x, width: x.count, into: $1) }, Naive.sigmoid),
        ("silu", { $0.silu(x, width: x.count, into: $1) }, Naive.silu),
        ("silu product", { $0.siluProduct(x, ones, width: x.count, into: $1) }, Naive.silu),
    ]
    for function in functions {
        let y = apply(x.count) { function.run(kernels, $0) }
        guard sameBits(y, apply(x.count) { function.run(Kernels.at(.scalar), $0) }) else { return .differs("\(function.name): bits") }
        guard near(y, x.map(function.exact), ulps: 4) else { return .differs("\(function.name): precision") }
    }
    return .same("\(x.count) values within 4 units in the last place")
}

func checkRecurrence(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 5)
    for width in selfTestWidths {
        let (i, f) = ((0..<width).map { _ in random.normal() }, (0..<width).map { _ in random.uniform() })
        var state = (0..<width).map { _ in random.normal() }
        let expected = (0..<width).map { f[$0] * state[$0] + i[$0] }
        let y = apply(width) { kernels.recurrence(input: i, forget: f, width: width, state: &state, into: $0) }
        guard sameBits(y, expected), sameBits(state, expected) else { return .differs("width \(width)") }
    }
    return .same("widths \(selfTestWidths)")
}

func checkHalves(_ kernels: Kernels) -> SelfTestOutcome {
    let all = (0...UInt16.max).map { $0 }
    for element in [ElementType.float16, .bfloat16] {
        let y = apply(all.count) { out in
            all.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                _ = kernels.widen(start, element: element, count: all.count, into: out)
            }
        }
        for (bits, value) in zip(all, y) {
            let expected = element == .float16 ? Naive.half(bits) : Float(bitPattern: UInt32(bits) << 16)
            let same = expected.isNaN ? value.isNaN : value.bitPattern == expected.bitPattern
            guard same else { return .differs("\(element.rawValue) \(bits) is \(value), not \(expected)") }
        }
    }
    return .same("all values of F16 and BF16")
}

func checkTernarise(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 6)
    for width in selfTestWidths {
        var w = (0..<width).map { _ in random.normal() }
        let edges = [Float(0.5), -0.5, Float(0.5).nextUp, Float(-0.5).nextDown, 3e38, -Float.infinity, 0]
        for (index, value) in edges.enumerated() where index < width {
            w[index] = value
        }
        var codes = [UInt8](repeating: 0xff, count: Trits.rowBytes(width: width))
        let zeros = kernels.ternarise(w, scale: 1, width: width, into: &codes)
        let expected = Naive.ternarise(w, scale: 1)
        guard codes == Trits.pack(expected), zeros == expected.count(where: { $0 == 0 }) else { return .differs("width \(width)") }
    }
    return .same("widths \(selfTestWidths), with ties")
}

func checkSums(_ kernels: Kernels) -> SelfTestOutcome {
    var random = Random(seed: 7)
    for count in selfTestWidths {
        // Top bits of small floats: as F16 and BF16 too, none of them infinite.
        let bits = (0..<2 * count).map { _ in UInt16(random.next() & 0xbbff) }
        for element in [ElementType.float32, .float16, .bfloat16] {
            let sums = bits.withUnsafeBytes { bytes in
                [kernels, Kernels.at(.scalar)].map { level in
                    bytes.baseAddress.flatMap { level.sumOfMagnitudes($0, element: element, count: count) } ?? .nan
                }
            }
            let exact = (0..<count).reduce(0.0) { $0 + Double(magnitude(bits, $1, element)) }
            guard sums[0] == sums[1], abs(sums[0] - exact) <= exact * 1e-12 else { return .differs("\(count) of \(element.rawValue)") }
        }
    }
    return .same("F32, F16 and BF16")
}

private func magnitude(_ bits: [UInt16], _ index: Int, _ element: ElementType) -> Float {
    switch element {
    case .float16: abs(Naive.half(bits[index]))
    case .bfloat16: abs(Float(bitPattern: UInt32(bits[index]) << 16))
    default: abs(Float(bitPattern: UInt32(bits[2 * index]) | UInt32(bits[2 * index + 1]) << 16))
    }
}

private func apply(_ width: Int, _ function: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    var y = [Float](repeating: .nan, count: width)
    function(&y)
    return y
}

private func sameBits(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }

/// Whether each value is within some units in the last place of the exact one, or both overflow alike. Among the denormal numbers
/// silu multiplies a sigmoid that has few bits left: there 1e-41 is near enough.
private func near(_ values: [Float], _ exact: [Double], ulps: Double) -> Bool {
    zip(values, exact).allSatisfy { value, exact in
        let rounded = Float(exact)
        return value == rounded || abs(Double(value) - exact) <= max(1e-41, ulps * Double(rounded.ulp))
    }
}
