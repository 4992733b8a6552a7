/// What numbers are, where they are multiplied.
public enum NumberFormat: String, CaseIterable, Sendable {
    case fp32, int32, bf16, fp16, fp8, int8, int6, int4

    /// Bits of a number.
    public var bits: Double {
        switch self {
        case .fp32, .int32: 32
        case .bf16, .fp16: 16
        case .fp8, .int8: 8
        case .int6: 6
        case .int4: 4
        }
    }
}
