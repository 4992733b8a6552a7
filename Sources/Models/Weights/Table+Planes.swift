import Basis
import Tensors

/// Matrices of planes as containers hold them, folded into what kernels multiply by.
extension Table {
    convenience init(
        planes weight: Weight, from source: any TensorSource, _ index: Int, _ positions: [String: Int], _ kernels: Kernels,
        _ threads: ThreadPool
    ) throws {
        let scaleIndex = try weight.index(of: weight.scaleName, in: source, positions), shiftIndex = positions[weight.shiftName]
        let shapes = (codes: source.entries[index].shape, scales: source.entries[scaleIndex].shape)
        guard let form = weight.planeForm(codes: shapes.codes, scales: shapes.scales, hasShift: shiftIndex != nil) else {
            throw Failure("has shapes \(shapes.codes) and \(shapes.scales) of scales, which are no planes of \(weight.shape)")
        }
        let memory = try PlaneMemory(weight, form)
        // Codes first: a source that makes them finds the scales on the way.
        try memory.fold(source, index, kernels, threads)
        try weight.check(source.entries[scaleIndex], element: .float16, shape: weight.planeScaleShape(form))
        try source.withBytes(scaleIndex) {
            try Table.check($0, .float16, kernels, threads)
            memory.lay(scales: $0)
        }
        if let shiftIndex {
            try weight.check(source.entries[shiftIndex], element: .float16, shape: weight.planeShiftShape)
            try source.withBytes(shiftIndex) {
                try Table.check($0, .float16, kernels, threads)
                memory.lay(shifts: $0)
            }
        }
        self.init(
            rows: weight.rows, columns: weight.columns, planes: memory.view, rowBytes: memory.rowBytes, owners: memory.owners)
    }
}

/// The memory of a matrix of planes.
private struct PlaneMemory {
    let weight: Weight
    let form: PlaneForm
    /// For each pass of the kernel.
    let codes: [AlignedMemory]
    let scales: [AlignedMemory]
    let shifts: AlignedMemory?

    init(_ weight: Weight, _ form: PlaneForm) throws {
        let groups = IntegerBits.groups(rows: weight.rows)
        guard weight.columns <= Int.max / 64, !groups.multipliedReportingOverflow(by: 64 * (weight.columns + 128)).overflow else {
            throw Failure("\(weight.rows) rows of \(weight.columns) do not fit in memory")
        }
        (self.weight, self.form) = (weight, form)
        codes = form.memoryBits.map { AlignedMemory(byteCount: groups * $0.groupBytes(width: weight.columns), kept: true) }
        scales = form.memoryBits.map { _ in
            AlignedMemory(byteCount: 2 * groups * IntegerBits.groupScales(width: weight.columns), kept: true)
        }
        shifts = form.hasShift ? AlignedMemory(byteCount: 2 * groups * IntegerBits.groupScales(width: weight.columns), kept: true) : nil
        for (memory, bits) in zip(codes, form.memoryBits) { bits.fill(codes: memory.bytes, rows: weight.rows, width: weight.columns) }
    }

    var owners: [AnyObject] { codes + scales + (shifts.map { [$0] } ?? []) }

    var rowBytes: Int {
        let spans = IntegerBits.spans(width: weight.columns), numbers = scales.count + (shifts == nil ? 0 : 1)
        return form.memoryBits.reduce(2 * spans * numbers) { $0 + $1.groupBytes(width: weight.columns) / IntegerBits.group }
    }

    var view: PlaneRows {
        let passes = form.memoryBits.indices.map { pass in
            IntegerRows(
                codes[pass].start.assumingMemoryBound(to: UInt8.self), scales: scales[pass].start.assumingMemoryBound(to: UInt16.self),
                rows: weight.rows, width: weight.columns, bits: form.memoryBits[pass])
        }
        return PlaneRows(passes, shifts: (shifts?.start.assumingMemoryBound(to: UInt16.self)).map { UnsafePointer($0) })
    }

    /// Checks the codes and lays them out, group after group.
    func fold(_ source: any TensorSource, _ index: Int, _ kernels: Kernels, _ threads: ThreadPool) throws {
        let rowBytes = Trits.rowBytes(width: weight.columns)
        var filled = 0
        try source.readRows(index, multiplesOf: form.count * IntegerBits.group) { bytes in
            let count = bytes.count / (rowBytes * form.count), first = filled
            guard first + count <= weight.rows, first % IntegerBits.group == 0 else { throw Failure("its rows come in a wrong number") }
            try Trits.validate(bytes, rows: count * form.count, width: weight.columns, first: first * form.count)
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            threads.parallel(count, grain: max(1, 65536 / max(1, rowBytes * form.count))) { part in
                for row in part { fold(start + row * rowBytes * form.count, row: first + row, kernels) }
            }
            filled += count
        }
        guard filled == weight.rows else { throw Failure("it has \(filled) rows of \(weight.rows)") }
    }

    private func fold(_ planes: UnsafePointer<UInt8>, row: Int, _ kernels: Kernels) {
        let (group, place) = row.quotientAndRemainder(dividingBy: IntegerBits.group), rowBytes = Trits.rowBytes(width: weight.columns)
        for (pass, bits) in form.memoryBits.enumerated() {
            let target = codes[pass].start.assumingMemoryBound(to: UInt8.self) + group * bits.groupBytes(width: weight.columns)
            kernels.foldPlanes(
                planes + pass * rowBytes, planes: form.isTied ? form.count : 1, width: weight.columns, bits: bits, row: place, into: target)
        }
    }

    /// From one row's after another's to those of a span for all rows of a group.
    func lay(scales stored: UnsafeRawBufferPointer) {
        for pass in scales.indices { lay(stored, every: form.scaleCount, from: pass, to: scales[pass]) }
    }

    func lay(shifts stored: UnsafeRawBufferPointer) {
        if let shifts { lay(stored, every: 1, from: 0, to: shifts) }
    }

    private func lay(_ stored: UnsafeRawBufferPointer, every step: Int, from first: Int, to memory: AlignedMemory) {
        let spans = IntegerBits.spans(width: weight.columns), target = memory.start.assumingMemoryBound(to: UInt16.self)
        for row in 0..<IntegerBits.groups(rows: weight.rows) * IntegerBits.group {
            let (group, place) = row.quotientAndRemainder(dividingBy: IntegerBits.group)
            for span in 0..<spans {
                let from = 2 * ((row * spans + span) * step + first)
                target[(group * spans + span) * IntegerBits.group + place] =
                    row < weight.rows ? stored.loadUnaligned(fromByteOffset: from, as: UInt16.self) : 0
            }
        }
    }
}
