import CTernKernels

/// The pages of one session as a kernel sees them: memory that somebody else owns.
public struct KeyValueRows {
    fileprivate let pages: UnsafePointer<UnsafeMutablePointer<UInt8>?>
    fileprivate let element: CacheElement
    fileprivate let width: Int

    /// Pages in the order of the tokens, each with all heads, `width` numbers a key and a value.
    public init(_ pages: UnsafePointer<UnsafeMutablePointer<UInt8>?>, element: CacheElement, width: Int) {
        (self.pages, self.element, self.width) = (pages, element, width)
    }

    fileprivate func view(head: Int) -> tern_pages {
        tern_pages(pages: pages, offset: head * element.headBytes(width: width), width: width, element: element.code)
    }
}

/// A query, the tokens that it attends to, and where its output goes: `width` numbers.
public struct Query {
    let view: tern_query

    public init(_ query: UnsafePointer<Float>, tokens: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        view = tern_query(query: query, first: tokens.lowerBound, end: tokens.upperBound, out: out)
    }

    /// Queries that are treated at once.
    public static let most = Int(TERN_QUERIES)

    /// Numbers that scores of queries that see `tokens` tokens take.
    public static func scoreCount(tokens: Int) -> Int {
        (tokens + CacheElement.pageTokens - 1) / CacheElement.pageTokens * CacheElement.pageTokens * most
    }
}

extension Kernels {
    /// Writes the key and the value of a token, `width` numbers each, into its page.
    public func remember(_ rows: KeyValueRows, head: Int, token: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>) {
        withUnsafePointer(to: rows.view(head: head)) { functions.remember($0, token, key, value) }
    }

    /// softmax(query . keys * scale) . values for up to `Query.most` queries of one head; `scores` has `Query.scoreCount` numbers.
    public func attend(
        _ rows: KeyValueRows, head: Int, _ queries: UnsafeBufferPointer<Query>, scale: Float, scores: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: tern_query.self, capacity: Query.most) { views in
            for (index, query) in queries.prefix(Query.most).enumerated() { views.initializeElement(at: index, to: query.view) }
            withUnsafePointer(to: rows.view(head: head)) {
                functions.attend($0, views.baseAddress, min(Query.most, queries.count), scale, scores)
            }
        }
    }

    /// Rotary embedding of `heads` heads of 2 * half numbers: (x[j], x[half + j]) turns by the angle with cosine and sine j; y may be x.
    public func rotate(
        _ x: UnsafePointer<Float>, heads: Int, half: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        functions.rotate(x, heads, half, cosines, sines, y)
    }

    /// y = max(x, 0)^2; y may be x.
    public func squaredReLU(_ x: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>) {
        functions.squared_relu(x, width, y)
    }

    /// y = max(a, 0)^2 * b; y may be a or b.
    public func squaredReLUProduct(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>
    ) {
        functions.squared_relu_product(a, b, width, y)
    }

    /// y = a + b; y may be a or b.
    public func add(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>) {
        functions.add(a, b, width, y)
    }

    /// out[a * outStride + r] = row r of the stored floats . row a of x; false, with nothing written, unless these are floats.
    public func productDense(
        _ weights: UnsafeRawPointer, element: ElementType, rows: Int, width: Int, _ x: UnsafePointer<Float>, stride: Int, count: Int,
        into out: UnsafeMutablePointer<Float>, outStride: Int
    ) -> Bool {
        guard let code = element.code else { return false }
        functions.product_dense(weights, code, rows, width, x, stride, count, out, outStride)
        return true
    }
}

extension ElementType {
    /// Of the floats that products take.
    fileprivate var code: tern_element? {
        switch self {
        case .float32: TERN_F32
        case .float16: TERN_F16
        case .bfloat16: TERN_BF16
        default: nil
        }
    }
}
