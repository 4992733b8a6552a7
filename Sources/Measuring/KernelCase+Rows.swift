import Tensors

// What is done to rows of activations, and to weights as they are read.
extension KernelCase {
    /// A kernel that reads `inputs` rows of floats and writes one.
    private static func row(_ name: String, inputs: Int, _ call: @escaping (Kernels, UnsafeMutablePointer<Float>) -> Void) -> KernelCase {
        let y = Floats(width)
        return KernelCase(name: name, bytes: 4 * width * (inputs + 1), operations: width) { call($0, y.start) }
    }

    static func rowKernels() -> [KernelCase] {
        let (a, b, h, width) = (Floats(width), Floats(width, seed: 2), Floats(width, seed: 3), width)
        let planes = Bytes(Kernels.activationBytes(width: width)), inverse = Floats(1)
        return [
            KernelCase(name: "quantise", bytes: 5 * width, operations: width) {
                _ = $0.quantise(a.start, width: width, into: planes.start.assumingMemoryBound(to: Int8.self), inverse: inverse.start)
            },
            row("rms norm", inputs: 2) { $0.rmsNorm(a.start, gain: b.start, epsilon: 1e-6, width: width, into: $1) },
            row("sigmoid", inputs: 1) { $0.sigmoid(a.start, width: width, into: $1) },
            row("silu", inputs: 1) { $0.silu(a.start, width: width, into: $1) },
            row("silu product", inputs: 2) { $0.siluProduct(a.start, b.start, width: width, into: $1) },
            row("squared relu", inputs: 1) { $0.squaredReLU(a.start, width: width, into: $1) },
            row("squared relu product", inputs: 2) { $0.squaredReLUProduct(a.start, b.start, width: width, into: $1) },
            row("add", inputs: 2) { $0.add(a.start, b.start, width: width, into: $1) },
            // Reads its state too, and writes it.
            row("recurrence", inputs: 4) { $0.recurrence(input: a.start, forget: b.start, width: width, state: h.start, into: $1) },
            row("rotary embedding", inputs: 1) {
                $0.rotate(a.start, heads: width / 128, half: 64, cosines: b.start, sines: h.start, into: $1)
            },
            row("exponentials", inputs: 1) { _ = $0.exponentials(a.start, largest: 1, factor: 1, count: width, into: $1) },
            KernelCase(name: "maxima", bytes: 4 * width, operations: width) { $0.maxima(a.start, count: width, into: h.start) },
        ]
    }

    static func weightKernels() -> [KernelCase] {
        let (w, stored, width) = (Floats(width), Bytes(2 * width), width)
        let rowCount = TritLayout.triples.group, codes = Bytes(rowCount * Trits.rowBytes(width: width), repeating: 0b01_10_00_01)
        let group = Bytes(TritLayout.triples.bytes(rows: rowCount, width: width))
        return [
            KernelCase(name: "ternarise", bytes: 4 * width + codes.count / rowCount, operations: width) {
                _ = $0.ternarise(w.start, scale: 3, width: width, into: codes.start.assumingMemoryBound(to: UInt8.self))
            },
            KernelCase(name: "pack triples", rows: rowCount, bytes: codes.count + group.count, operations: rowCount * width) {
                $0.packTriples(
                    codes.start.assumingMemoryBound(to: UInt8.self), count: rowCount, width: width, group: 0, rows: rowCount,
                    into: group.start.assumingMemoryBound(to: UInt8.self))
            },
            KernelCase(name: "sum of magnitudes, bf16", bytes: 2 * width, operations: width) {
                _ = $0.sumOfMagnitudes(stored.start, element: .bfloat16, count: width)
            },
            row("widen bf16", inputs: 0) { _ = $0.widen(stored.start, element: .bfloat16, count: width, into: $1) },
            row("widen f16", inputs: 0) { _ = $0.widen(stored.start, element: .float16, count: width, into: $1) },
        ]
    }

    /// Heads of 128 numbers, each with queries that look back at 1024 tokens; heads are shared out over the pool.
    static func attention(
        heads: Int = 1, queries count: Int = Query.most, elements: [CacheElement] = CacheElement.allCases,
        pool: ThreadPool = ThreadPool(threads: 1)
    ) -> [KernelCase] {
        let (tokens, width) = (1024, 128)
        return elements.map { element in
            let pageCount = tokens / CacheElement.pageTokens, pageBytes = element.pageBytes(heads: heads, width: width)
            let memory = Bytes(pageCount * pageBytes), pages = PagePointers(memory, count: pageCount, bytes: pageBytes)
            let x = Floats(width), out = Floats(heads * count * width), scores = Floats(pool.threads * Query.scoreCount(tokens: tokens))
            let rows = KeyValueRows(UnsafePointer(pages.start), element: element, width: width)
            return KernelCase(
                name: "attention, \(element.rawValue)", rows: count, bytes: memory.count,
                operations: 2 * heads * count * tokens * width
            ) { kernels in
                // The rows point into the pages, and the queries into the other two.
                withExtendedLifetime((pages, x, out)) {
                    pool.parallel(heads, grain: 1, most: .max) { part, thread in
                        for head in part {
                            let queries = (0..<count).map {
                                Query(x.start, tokens: 0..<tokens, into: out.start + (head * count + $0) * width)
                            }
                            let own = scores.start + min(thread, pool.threads - 1) * Query.scoreCount(tokens: tokens)
                            queries.withUnsafeBufferPointer { kernels.attend(rows, head: head, $0, scale: 0.1, scores: own) }
                        }
                    }
                }
            }
        }
    }
}

/// Where pages begin that lie one behind the other.
private final class PagePointers {
    let start: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
    private let memory: Bytes

    init(_ memory: Bytes, count: Int, bytes: Int) {
        (start, self.memory) = (.allocate(capacity: count), memory)
        for page in 0..<count { (start + page).initialize(to: (memory.start + page * bytes).assumingMemoryBound(to: UInt8.self)) }
    }

    deinit { start.deallocate() }
}
