import CTernKernels

/// What keys and values are kept in.
public enum CacheElement: String, CaseIterable, Hashable, Sendable {
    case float32 = "f32"
    /// Half precision; numbers beyond its range become the largest that it has.
    case float16 = "f16"
    /// Eight bits, with one scale for each key and each value.
    case int8

    /// Tokens that a page has room for.
    public static let pageTokens = Int(TERN_PAGE)

    /// Bytes of a page with so many heads, `width` numbers a key.
    public func pageBytes(heads: Int, width: Int) -> Int { heads * headBytes(width: width) }

    /// Bytes of one head of a page.
    func headBytes(width: Int) -> Int { tern_page_bytes(width, code) }

    var code: tern_element {
        switch self {
        case .float32: TERN_F32
        case .float16: TERN_F16
        case .int8: TERN_I8
        }
    }
}
