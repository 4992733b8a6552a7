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
    /// Of each row, what was lost and what there was: sums of squares.
    private let squares: AlignedMemory

    public init(_ weight: Weight, _ form: PlaneForm) {
        (self.weight, self.form) = (weight, form)
        codes = AlignedMemory(byteCount: weight.planeShape(form).reduce(1, *))
        scales = AlignedMemory(byteCount: 2 * weight.planeScaleShape(form).reduce(1, *))
        shifts = form.hasShift ? AlignedMemory(byteCount: 2 * weight.planeShiftShape.reduce(1, *)) : nil
        squares = AlignedMemory(byteCount: 16 * weight.rows)
        squares.bytes.initializeMemory(as: Double.self, repeating: 0)
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

    /// Takes in a span of a row: its grid and the codes of its weights, which were the given numbers once.
    public func set(row: Int, span: Int, _ grid: PlaneGrid, codes: UnsafePointer<UInt8>, of weights: UnsafeBufferPointer<Float>) {
        let place = row * IntegerBits.spans(width: weight.columns) + span, count = form.scaleCount
        for (index, scale) in grid.scales.enumerated() {
            scales.bytes.storeBytes(of: scale.bitPattern, toByteOffset: 2 * (place * count + index), as: UInt16.self)
        }
        shifts?.bytes.storeBytes(of: grid.shift.bitPattern, toByteOffset: 2 * place, as: UInt16.self)
        for plane in 0..<form.count { pack(codes, plane, row: row, span: span, count: weights.count) }
        note(grid, codes, weights, row: row)
    }

    private func pack(_ codes: UnsafePointer<UInt8>, _ plane: Int, row: Int, span: Int, count: Int) {
        let rowBytes = Trits.rowBytes(width: weight.columns), digit = [1, 3, 9][form.count - 1 - plane]
        let target = self.codes.start.assumingMemoryBound(to: UInt8.self) + (row * form.count + plane) * rowBytes + span * PlaneMatrix.span / 4
        for byte in 0..<(count + 3) / 4 {
            var packed: UInt8 = 0b01_01_01_01
            for place in 0..<min(4, count - 4 * byte) {
                let code = UInt8(Int(codes[4 * byte + place]) / digit % 3)
                packed = packed & ~(3 << UInt8(2 * place)) | code << UInt8(2 * place)
            }
            target[byte] = packed
        }
    }

    private func note(_ grid: PlaneGrid, _ codes: UnsafePointer<UInt8>, _ weights: UnsafeBufferPointer<Float>, row: Int) {
        let values = (0..<form.levels).map { grid.value(of: UInt8($0)) }
        var error = 0.0, total = 0.0
        for (index, weight) in weights.enumerated() {
            let difference = Double(weight) - Double(values[Int(codes[index])])
            (error, total) = (error + difference * difference, total + Double(weight) * Double(weight))
        }
        let sums = squares.start.assumingMemoryBound(to: Double.self)
        sums[2 * row] += error
        sums[2 * row + 1] += total
    }

    /// The given codes, scales and shifts, in the form of containers; refuses codes that are no trits and numbers that are not finite.
    public convenience init(
        _ weight: Weight, _ form: PlaneForm, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer,
        shifts: UnsafeRawBufferPointer?, of matrix: FloatMatrix, _ kernels: Kernels
    ) throws {
        self.init(weight, form)
        try Trits.validate(codes, rows: weight.rows * form.count, width: weight.columns)
        for (target, bytes) in [(self.codes, codes), (self.scales, scales)] + zip([self.shifts], [shifts]).compactMap({ pair in
            pair.0.flatMap { target in pair.1.map { (target, $0) } }
        }) {
            guard bytes.count <= target.bytes.count else { throw Failure("has \(bytes.count) bytes, more than \(target.bytes.count)") }
            target.bytes.copyMemory(from: bytes)
        }
        for bytes in [scales, shifts].compactMap({ $0 }) {
            let numbers = (0..<bytes.count / 2).map { bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
            guard numbers.allSatisfy({ $0 & 0x7C00 != 0x7C00 }) else { throw Failure("holds a NaN or an infinity among its scales") }
        }
        noteAll(matrix, kernels)
    }

    /// What all spans lose.
    private func noteAll(_ matrix: FloatMatrix, _ kernels: Kernels) {
        let row = AlignedMemory(byteCount: 4 * weight.columns), start = row.start.assumingMemoryBound(to: Float.self)
        let spans = IntegerBits.spans(width: weight.columns), rowBytes = Trits.rowBytes(width: weight.columns)
        var codes = [UInt8](repeating: 0, count: PlaneMatrix.span)
        for index in 0..<weight.rows {
            matrix.copyRow(index, to: start, kernels)
            for span in 0..<spans {
                let first = span * PlaneMatrix.span, count = min(PlaneMatrix.span, weight.columns - first)
                for place in 0..<count {
                    codes[place] = (0..<form.count).reduce(0) { code, plane in
                        let byte = self.codes.bytes[(index * form.count + plane) * rowBytes + (first + place) / 4]
                        return 3 * code + byte >> UInt8(2 * (place % 4)) & 3
                    }
                }
                codes.withUnsafeBufferPointer { codes in
                    guard let codes = codes.baseAddress else { return }
                    note(grid(row: index, span), codes, UnsafeBufferPointer(start: start + first, count: count), row: index)
                }
            }
        }
    }

    private func grid(row: Int, _ span: Int) -> PlaneGrid {
        let place = row * IntegerBits.spans(width: weight.columns) + span, count = form.scaleCount
        func half(_ memory: AlignedMemory, _ index: Int) -> Float {
            Float(Float16(bitPattern: memory.bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
        }
        return PlaneGrid(form, scales: (0..<count).map { half(scales, place * count + $0) }, shift: shifts.map { half($0, place) } ?? 0)
    }

    /// Σ(w - ŵ)² and Σw².
    public var squareSums: (error: Double, total: Double) {
        let sums = squares.start.assumingMemoryBound(to: Double.self)
        return (0..<weight.rows).reduce((0, 0)) { ($0.0 + sums[2 * $1], $0.1 + sums[2 * $1 + 1]) }
    }

    /// Columns of a span.
    public static let span = 128
}

extension PlaneMatrix {
    /// Each span of the matrix by itself, without data: the rule's grid, and the nearest of its values for each weight.
    public convenience init(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, by quantiser: any Quantiser.Type, _ kernels: Kernels, _ threads: ThreadPool
    ) throws {
        guard kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads)?.isFinite ?? false else {
            throw Failure("holds a NaN or an infinity")
        }
        self.init(weight, form)
        threads.parallel(weight.rows, grain: max(1, 4096 / weight.columns)) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: weight.columns) { floats in
                guard let start = floats.baseAddress else { return }
                for row in part {
                    matrix.copyRow(row, to: start, kernels)
                    quantise(UnsafeBufferPointer(floats), row: row, by: quantiser)
                }
            }
        }
    }

    private func quantise(_ floats: UnsafeBufferPointer<Float>, row: Int, by quantiser: any Quantiser.Type) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PlaneMatrix.span) { codes in
            guard let codes = codes.baseAddress else { return }
            for (span, first) in stride(from: 0, to: floats.count, by: PlaneMatrix.span).enumerated() {
                let weights = UnsafeBufferPointer(rebasing: floats[first..<min(floats.count, first + PlaneMatrix.span)])
                let grid = quantiser.grid(for: weights, form, nil)
                SpanRounding.round(weights, to: grid, nil, codes: codes)
                set(row: row, span: span, grid, codes: codes, of: weights)
            }
        }
    }
}
