import Tensors
import Testing

/// Tables of integers against their description, decoded column by column.
@Suite struct IntegerTests {
    /// The integer of a row and column of a group, by the words of tern-container(5).
    private func integer(_ group: ArraySlice<UInt8>, _ bits: IntegerBits, _ row: Int, _ column: Int) -> Int {
        let quad = group.dropFirst(column / 16 * 32 * bits.rawValue), step = column % 16 / 4, place = 4 * row + column % 4
        func byte(_ index: Int) -> Int { Int(quad[quad.startIndex + index]) }
        func low() -> Int { byte(64 * (step / 2) + place) >> (4 * (step % 2)) & 15 }
        switch bits {
        case .two: return byte(place) >> (2 * step) & 3 - 2
        case .eight: return byte(64 * step + place) - 128
        case .four: return low() - 8
        case .six: return low() + ((byte(128 + place) >> (2 * step)) & 3) * 16 - 32
        }
    }

    private struct Made {
        let rows: Int, width: Int, bits: IntegerBits
        var codes: [UInt8] = []
        var scales: [UInt16] = []
    }

    private func integer(_ made: Made, _ row: Int, _ column: Int) -> Int {
        integer(made.codes.dropFirst(row / 16 * made.bits.groupBytes(width: made.width)), made.bits, row % 16, column)
    }

    private func scale(_ made: Made, _ row: Int, _ column: Int) -> Float {
        Naive.half(made.scales[(row / 16 * IntegerBits.spans(width: made.width) + column / 128) * 16 + row % 16])
    }

    private func narrowed(_ w: [[Float]], _ bits: IntegerBits, _ kernels: Kernels) -> Made {
        let width = w[0].count, groups = IntegerBits.groups(rows: w.count)
        var made = Made(rows: w.count, width: width, bits: bits)
        let input = Guarded(w.flatMap { $0 })
        let scales = written(groups * IntegerBits.groupScales(width: width), poison: UInt16(0xffff)) { scales in
            let codes = written(groups * bits.groupBytes(width: width), poison: UInt8(0xff)) { codes in
                kernels.narrow(
                    UnsafeRawBufferPointer(start: input.start, count: 4 * width * w.count), element: .float32, columns: width, bits: bits,
                    codes: UnsafeMutableRawBufferPointer(start: codes, count: groups * bits.groupBytes(width: width)),
                    scales: UnsafeMutableRawBufferPointer(start: scales, count: 2 * groups * IntegerBits.groupScales(width: width)),
                    ThreadPool(threads: 2))
            }
            #expect(!codes.strayed)
            made.codes = codes.values
        }
        #expect(!scales.strayed)
        made.scales = scales.values
        return made
    }

    @Test(arguments: KernelLevel.available, widths)
    func integersAreTheNearestAndComeBack(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width))
        for bits in IntegerBits.allCases {
            let w = (0..<18).map { _ in randomFloats(width, &random) }, made = narrowed(w, bits, .at(level))
            #expect(made.codes == narrowed(w, bits, .at(.scalar)).codes && made.scales == narrowed(w, bits, .at(.scalar)).scales)
            let (codes, scales) = (Guarded(made.codes), Guarded(made.scales))
            let rows = IntegerRows(codes.start, scales: scales.start, rows: w.count, width: width, bits: bits)
            for row in w.indices {
                let out = written(width, poison: Float.nan) { Kernels.at(level).widen(rows, row: row, into: $0) }
                #expect(!out.strayed)
                for column in 0..<width {
                    let scale = scale(made, row, column)
                    #expect(out.values[column] == Float(integer(made, row, column)) * scale)
                    #expect(abs(out.values[column] - w[row][column]) <= scale * 0.51)
                }
            }
        }
    }

    @Test(arguments: [1, 15, 16, 17]) func whatFillsUpTheLastGroupIsZero(_ rows: Int) {
        var random = Random(seed: UInt64(rows))
        for bits in IntegerBits.allCases {
            let width = 130, made = narrowed((0..<rows).map { _ in randomFloats(width, &random) }, bits, .best)
            #expect(isFilled(made))
            for row in rows..<IntegerBits.groups(rows: rows) * 16 {
                #expect((0..<width).allSatisfy { integer(made, row, $0) == 0 && scale(made, row, $0) == 0 })
            }
            refillAndDamage(made)
        }
    }

    private func isFilled(_ made: Made) -> Bool {
        made.codes.withUnsafeBytes { codes in
            made.scales.withUnsafeBytes { made.bits.isFilled(codes: codes, scales: $0, rows: made.rows, width: made.width) }
        }
    }

    /// Filling up restores every byte that belongs to no row, and no other; a change of any of them is noticed.
    private func refillAndDamage(_ made: Made) {
        for byte in made.codes.indices.dropFirst(made.rows / 16 * made.bits.groupBytes(width: made.width)) {
            var damaged = made
            damaged.codes[byte] ^= 1
            #expect(isFilled(damaged) == (made.rows % 16 == 0 || byte % 64 / 4 < made.rows % 16))
            let keeps = isFilled(damaged)
            damaged.codes.withUnsafeMutableBytes { made.bits.fill(codes: $0, rows: made.rows, width: made.width) }
            #expect((damaged.codes == made.codes) == !keeps)
        }
        for index in made.scales.indices.dropFirst(made.rows / 16 * IntegerBits.groupScales(width: made.width)) {
            var damaged = made
            damaged.scales[index] ^= 1
            let keeps = isFilled(damaged)
            #expect(keeps == (made.rows % 16 == 0 || index % 16 < made.rows % 16))
            damaged.scales.withUnsafeMutableBufferPointer { IntegerBits.fill(scales: $0, rows: made.rows, width: made.width) }
            #expect((damaged.scales == made.scales) == !keeps)
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func productsAreThoseOfTheDefinition(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 1)
        let w = (0..<67).map { _ in randomFloats(width, &random) }
        for bits in IntegerBits.allCases {
            let made = narrowed(w, bits, .best)
            for count in [1, 2, 3, 6, 11] {
                let x = (0..<count).map { _ in randomFloats(width, &random) }
                let found = product(made, x, stride: width + 3, .at(level))
                #expect(found == product(made, x, stride: width + 3, .at(.scalar)))
                expectNear(found, made, x)
            }
        }
    }

    @Test(arguments: KernelLevel.available, widths)
    func planesFoldToTheIntegersThatTheirTritsStandFor(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width) + 2)
        for (planes, bits) in [(1, IntegerBits.two), (2, .four), (3, .six)] {
            for row in [0, 7, 15] {
                let trits = (0..<planes).map { _ in (0..<width).map { _ in Int8(random.next() % 3) - 1 } }
                let codes = Guarded(trits.flatMap(Trits.pack))
                let table = written(bits.groupBytes(width: width), poison: UInt8(0xff)) {
                    Kernels.at(level).foldPlanes(codes.start, planes: planes, width: width, bits: bits, row: row, into: $0)
                }
                #expect(!table.strayed)
                for column in 0..<IntegerBits.spans(width: width) * 128 {
                    let expected = trits.reduce(0) { 3 * $0 + (column < width ? Int($1[column]) : 0) }
                    #expect(integer(table.values[...], bits, row, column) == expected)
                }
                let strange = table.values.indices.filter { $0 % 64 / 4 != row && table.values[$0] != 0xff }
                #expect(strange.isEmpty)
            }
        }
    }

    private func product(_ made: Made, _ x: [[Float]], stride: Int, _ kernels: Kernels) -> [Float] {
        let (codes, scales) = (Guarded(made.codes), Guarded(made.scales))
        let input = Guarded(x.dropLast().flatMap { $0 + [.nan, .nan, .nan] } + (x.last ?? []))
        let table = IntegerRows(codes.start, scales: scales.start, rows: made.rows, width: made.width, bits: made.bits)
        let out = written(made.rows * x.count, poison: Float.nan) {
            kernels.product(table, input.start, stride: stride, count: x.count, into: $0, outStride: made.rows, ThreadPool(threads: 2))
        }
        #expect(!out.strayed)
        return out.values
    }

    /// Within what eight bits of activations cost.
    private func expectNear(_ found: [Float], _ made: Made, _ x: [[Float]]) {
        let width = made.width
        for row in 0..<made.rows {
            let values = (0..<width).map { Double(integer(made, row, $0)) * Double(scale(made, row, $0)) }
            for (a, x) in x.enumerated() {
                var exact = 0.0, error = 1e-5
                for start in stride(from: 0, to: width, by: 128) {
                    let span = start..<min(width, start + 128), most = Double(x[span].map(abs).max() ?? 0)
                    exact += span.reduce(0) { $0 + values[$1] * Double(x[$1]) }
                    error += span.reduce(0) { $0 + abs(values[$1]) } * most / 127 * 0.51
                }
                #expect(abs(Double(found[a * made.rows + row]) - exact) <= error)
            }
        }
    }
}
