/// What one element of a stored tensor is, by the names that safetensors gives it.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int8 = "I8"
    case uint8 = "U8"
    case int32 = "I32"
    case int64 = "I64"

    /// Bytes an element takes.
    public var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .float16, .bfloat16: 2
        case .float32, .int32: 4
        case .int64: 8
        }
    }

    public var isFloat: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}
