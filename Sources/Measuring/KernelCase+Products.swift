import Tensors

// The products, which take nearly all of a model's time.
extension KernelCase {
    static func ternaryProducts(
        bytes: Int, _ batches: [Int], layouts: [TritLayout] = TritLayout.allCases, pool: ThreadPool = ThreadPool(threads: 1)
    ) throws -> [KernelCase] {
        let rowCount = max(128, bytes * 4 / width / 128 * 128), workspace = ProductWorkspace()
        let codes = randomCodes(Trits.rowBytes(width: width) * rowCount)
        return try layouts.flatMap { layout in
            let matrix = try TernaryMatrix(
                copying: codes.buffer, rows: rowCount, columns: width, scale: 0.01, layout: layout, kernels: .best, pool: pool)
            return batches.map { batch in
                let (x, out) = (quantised(batch), Floats(batch * rowCount))
                return KernelCase(
                    name: "product, \(layout.rawValue)", rows: batch,
                    bytes: matrix.byteCount + batch * (QuantisedRows.bytes(width: width) + 4 * rowCount),
                    operations: batch * rowCount * width, isProduct: true
                ) { kernels in
                    matrix.multiply(
                        x.rows, count: batch, into: out.start, outStride: rowCount, kernels: kernels, pool: pool, workspace: workspace)
                }
            }
        }
    }

    /// Fours of trits.
    static func randomCodes(_ count: Int) -> Bytes {
        let codes = Bytes(count)
        var random = Random(seed: 1)
        for index in 0..<count {
            let byte = (0..<4).reduce(UInt8(0)) { byte, _ in byte << 2 | UInt8(random.next() % 3) }
            codes.start.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        return codes
    }

    static func quantised(_ count: Int) -> (rows: QuantisedRows, memory: Bytes) {
        let (memory, x) = (Bytes(count * QuantisedRows.bytes(width: width)), Floats(width))
        let rows = QuantisedRows(width: width, capacity: count, memory: memory.start)
        for row in 0..<count { rows.quantise(x.start, row: row, kernels: .best) }
        return (rows, memory)
    }

    static func denseProducts(bytes: Int, _ batches: [Int], pool: ThreadPool = ThreadPool(threads: 1)) -> [KernelCase] {
        let rowCount = max(1, bytes / (2 * width)), weights = Bytes(2 * width * rowCount)
        return batches.map { batch in
            let (x, out) = (Floats(batch * width), Floats(batch * rowCount))
            return KernelCase(
                name: "product, bf16", rows: batch, bytes: weights.count + 4 * (x.count + out.count), operations: batch * rowCount * width
            ) { kernels in
                pool.parallel(rowCount, grain: max(1, 65536 / (2 * width * batch))) { part in
                    _ = kernels.productDense(
                        weights.start + 2 * width * part.lowerBound, element: .bfloat16, rows: part.count, width: width, x.start,
                        stride: width, count: batch, into: out.start + part.lowerBound, outStride: rowCount)
                }
            }
        }
    }

    static func integerProducts(bytes: Int, _ batches: [Int]) -> [KernelCase] {
        let alone = ThreadPool(threads: 1), groupScales = IntegerBits.groupScales(width: width)
        return IntegerBits.allCases.flatMap { bits in
            let groupBytes = bits.groupBytes(width: width), groups = max(1, bytes / (groupBytes + 2 * groupScales))
            let codes = Bytes(groups * groupBytes), scales = Bytes(2 * groups * groupScales), rowCount = groups * IntegerBits.group
            return batches.map { batch in
                let (x, out) = (Floats(batch * width), Floats(batch * rowCount))
                let table = IntegerRows(
                    codes.start.assumingMemoryBound(to: UInt8.self), scales: scales.start.assumingMemoryBound(to: UInt16.self),
                    rows: rowCount, width: width, bits: bits)
                return KernelCase(
                    name: "product, \(bits.name)", rows: batch, bytes: codes.count + scales.count + 4 * (x.count + out.count),
                    operations: batch * rowCount * width, isProduct: true
                ) { kernels in
                    // The table points into both.
                    withExtendedLifetime((codes, scales)) {
                        kernels.product(table, x.start, stride: width, count: batch, into: out.start, outStride: rowCount, alone)
                    }
                }
            }
        }
    }
}
