import Basis
import Tensors

/// A matrix as planes, in the form of containers, while it is made: every row by itself, so that rows may be filled in side by side.
public final class PlaneMatrix: @unchecked Sendable {
    public let weight: Weight
    public let form: PlaneForm
    /// Trit codes, `Weight.planeShape`.
    public let codes: AlignedMemory
    /// `Weight.planeScaleShape` of half-precision numbers.
    public let scales: AlignedMemory
    /// `Weight.planeShiftShape` of half-precision numbers; nil without shifts.
    public let shifts: AlignedMemory?

    public init(_ weight: Weight, _ form: PlaneForm) {
        (self.weight, self.form) = (weight, form)
        codes = AlignedMemory(byteCount: weight.planeShape(form).reduce(1, *))
        scales = AlignedMemory(byteCount: 2 * weight.planeScaleShape(form).reduce(1, *))
        shifts = form.hasShift ? AlignedMemory(byteCount: 2 * weight.planeShiftShape.reduce(1, *)) : nil
    }

    /// The tensors that a container holds it in, in order.
    public func tensors() throws -> [(entry: TensorEntry, bytes: UnsafeRawBufferPointer)] {
        let all = [
            (try TensorEntry(name: weight.name, element: .uint8, shape: weight.planeShape(form)), codes),
            (try TensorEntry(name: weight.scaleName, element: .float16, shape: weight.planeScaleShape(form)), scales),
        ]
        let shifted = try shifts.map { [(try TensorEntry(name: weight.shiftName, element: .float16, shape: weight.planeShiftShape), $0)] }
        return (all + (shifted ?? [])).map { ($0.0, UnsafeRawBufferPointer(rebasing: $0.1.bytes[..<$0.0.byteCount])) }
    }

    /// Takes in a span of a row: its grid and the codes of its weights.
    public func set(row: Int, span: Int, _ grid: PlaneGrid, codes: UnsafePointer<UInt8>) {
        let place = row * IntegerBits.spans(width: weight.columns) + span, count = form.scaleCount
        for (index, scale) in grid.scales.enumerated() {
            scales.bytes.storeBytes(of: scale.bitPattern, toByteOffset: 2 * (place * count + index), as: UInt16.self)
        }
        shifts?.bytes.storeBytes(of: grid.shift.bitPattern, toByteOffset: 2 * place, as: UInt16.self)
        let width = min(IntegerBits.span, weight.columns - span * IntegerBits.span)
        for plane in 0..<form.count { pack(codes, plane, row: row, span: span, count: width) }
    }

    private func pack(_ codes: UnsafePointer<UInt8>, _ plane: Int, row: Int, span: Int, count: Int) {
        let rowBytes = Trits.rowBytes(width: weight.columns), digit = [1, 3, 9][form.count - 1 - plane]
        let place = (row * form.count + plane) * rowBytes + span * IntegerBits.span / 4
        let target = self.codes.start.assumingMemoryBound(to: UInt8.self) + place
        for byte in 0..<(count + 3) / 4 {
            var packed: UInt8 = 0b01_01_01_01
            for slot in 0..<min(4, count - 4 * byte) {
                let code = UInt8(Int(codes[4 * byte + slot]) / digit % 3)
                packed = packed & ~(3 << UInt8(2 * slot)) | code << UInt8(2 * slot)
            }
            target[byte] = packed
        }
    }

    /// Σ(w - ŵ)² and Σw², with w the matrix that this was made of.
    public private(set) var squareSums = (error: 0.0, total: 0.0)

    /// Compares the planes with what they were made of.
    public func compare(with matrix: FloatMatrix, _ kernels: Kernels, _ threads: ThreadPool) {
        let sums = AlignedMemory(byteCount: 16 * weight.rows), numbers = sums.start.assumingMemoryBound(to: Double.self)
        threads.parallel(weight.rows, grain: max(1, 16384 / weight.columns)) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * weight.columns) { memory in
                guard let floats = memory.baseAddress else { return }
                for row in part {
                    matrix.copyRow(row, to: floats, kernels)
                    copyRow(row, to: floats + weight.columns)
                    var error = 0.0, total = 0.0
                    for column in 0..<weight.columns {
                        let number = Double(floats[column]), difference = number - Double(floats[weight.columns + column])
                        (error, total) = (error + difference * difference, total + number * number)
                    }
                    (numbers[2 * row], numbers[2 * row + 1]) = (error, total)
                }
            }
        }
        squareSums = (0..<weight.rows).reduce((0, 0)) { ($0.0 + numbers[2 * $1], $0.1 + numbers[2 * $1 + 1]) }
    }

    /// Row `row` as floats.
    public func copyRow(_ row: Int, to floats: UnsafeMutablePointer<Float>) {
        let spans = IntegerBits.spans(width: weight.columns), rowBytes = Trits.rowBytes(width: weight.columns)
        let planes = codes.start.assumingMemoryBound(to: UInt8.self) + row * form.count * rowBytes
        for span in 0..<spans {
            let place = row * spans + span
            let values = PlaneGrid.values(
                form, scales: (0..<form.scaleCount).map { half(scales, place * form.scaleCount + $0) },
                shift: shifts.map { half($0, place) } ?? 0)
            for column in span * IntegerBits.span..<min(weight.columns, (span + 1) * IntegerBits.span) {
                var code = 0
                for plane in 0..<form.count {
                    code = 3 * code + Int(planes[plane * rowBytes + column / 4] >> UInt8(2 * (column % 4)) & 3)
                }
                floats[column] = values[code]
            }
        }
    }

    private func half(_ memory: AlignedMemory, _ index: Int) -> Float16 {
        Float16(bitPattern: memory.bytes.load(fromByteOffset: 2 * index, as: UInt16.self))
    }
}

extension PlaneMatrix {
    /// Each span of the matrix by itself, without data: the rule's grid, and the nearest of its values for each weight.
    public convenience init(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, by quantiser: any Quantiser.Type, _ kernels: Kernels,
        _ threads: ThreadPool
    ) throws {
        try PlaneMatrix.check(matrix, kernels, threads)
        self.init(weight, form)
        threads.parallel(weight.rows, grain: max(1, 4096 / weight.columns)) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: weight.columns) { floats in
                guard let start = floats.baseAddress else { return }
                for row in part {
                    matrix.copyRow(row, to: start, kernels)
                    quantise(UnsafeBufferPointer(floats), row: row, by: quantiser, kernels)
                }
            }
        }
    }

    private func ternarise(
        _ weights: UnsafeBufferPointer<Float>, row: Int, span: Int, by quantiser: any Quantiser.Type, _ kernels: Kernels
    ) -> Bool {
        let rowBytes = Trits.rowBytes(width: weight.columns), place = row * rowBytes + span * IntegerBits.span / 4
        let target = codes.start.assumingMemoryBound(to: UInt8.self) + place
        guard let scale = quantiser.ternarise(weights, codes: target, kernels) else { return false }
        let number = row * IntegerBits.spans(width: weight.columns) + span
        scales.bytes.storeBytes(of: scale.bitPattern, toByteOffset: 2 * number, as: UInt16.self)
        return true
    }

    private func quantise(_ floats: UnsafeBufferPointer<Float>, row: Int, by quantiser: any Quantiser.Type, _ kernels: Kernels) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerBits.span) { codes in
            guard let codes = codes.baseAddress else { return }
            for (span, first) in stride(from: 0, to: floats.count, by: IntegerBits.span).enumerated() {
                let weights = UnsafeBufferPointer(rebasing: floats[first..<min(floats.count, first + IntegerBits.span)])
                if form == .single, ternarise(weights, row: row, span: span, by: quantiser, kernels) { continue }
                let grid = quantiser.grid(for: weights, form, nil)
                SpanRounding.round(weights, to: grid, nil, codes: codes)
                set(row: row, span: span, grid, codes: codes)
            }
        }
    }
}

extension PlaneMatrix {
    /// The given codes, scales and shifts, in the form of containers; refuses codes that are no trits and numbers that are not finite.
    public convenience init(
        _ weight: Weight, _ form: PlaneForm, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, shifts: UnsafeRawBufferPointer?
    ) throws {
        self.init(weight, form)
        try Trits.validate(codes, rows: weight.rows * form.count, width: weight.columns)
        self.codes.bytes.copyMemory(from: codes)
        try PlaneMatrix.fill(self.scales, scales)
        if let target = self.shifts, let shifts { try PlaneMatrix.fill(target, shifts) }
    }

    private static func fill(_ target: AlignedMemory, _ bytes: UnsafeRawBufferPointer) throws {
        let numbers = (0..<bytes.count / 2).map { bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
        guard numbers.allSatisfy({ $0 & 0x7C00 != 0x7C00 }) else { throw Failure("holds a NaN or an infinity among its scales") }
        target.bytes.copyMemory(from: bytes)
    }
}

extension PlaneMatrix {
    /// Refuses weights that no scale in half precision goes with.
    public static func check(_ matrix: FloatMatrix, _ kernels: Kernels, _ threads: ThreadPool) throws {
        let sum = kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads) ?? .nan
        guard sum.isFinite else { throw Failure("holds a NaN or an infinity") }
        let mean = sum / Double(max(1, matrix.rows * matrix.columns))
        guard mean == 0 || (1e-6...1e4).contains(mean) else {
            throw Failure("has weights of a mean magnitude of \(Float(mean)), for which scales in half precision are not made")
        }
    }
}
