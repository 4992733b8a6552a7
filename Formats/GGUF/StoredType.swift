import Tensors

/// How a GGUF file stores a tensor's numbers; tern-gguf(5) has the bytes of each.
enum StoredType: String, CaseIterable, Sendable {
    case f32 = "f32", f16 = "f16", bf16 = "bf16"
    case q4x0 = "q4_0", q8x0 = "q8_0", q4xK = "q4_k", q6xK = "q6_k"
    case tq1x0 = "tq1_0", tq2x0 = "tq2_0"
    /// Two types of one number that differ in their block.
    case q2x0of64 = "q2_0-64", q2x0of128 = "q2_0-128"
    /// bitnet.cpp's own type, whose layout depends on the machine that wrote it.
    case i2sX86 = "i2_s-x86", i2sRows = "i2_s-x86-rows", i2sARM = "i2_s-arm"
    case iq1bn = "iq1_bn", iq2bn = "iq2_bn", iq2bnR4 = "iq2_bn_r4"
    case tl1 = "tl1", tl2 = "tl2"

    /// The number that stands for it in a file.
    var number: UInt32 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .q4x0: 2
        case .q8x0: 8
        case .q4xK: 12
        case .q6xK: 14
        case .bf16: 30
        case .tq1x0: 34
        case .tq2x0: 35
        case .i2sX86, .i2sRows, .i2sARM: 36
        case .tl1: 38
        case .tl2: 39
        case .q2x0of64, .q2x0of128: 42
        case .iq1bn: 134
        case .iq2bn: 135
        case .iq2bnR4: 335
        }
    }

    static func all(of number: UInt32) -> [StoredType] { allCases.filter { $0.number == number } }

    var isTernary: Bool {
        switch self {
        case .f32, .f16, .bf16, .q4x0, .q8x0, .q4xK, .q6xK: false
        default: true
        }
    }

    /// The type of element that other formats give the same bytes; nil for blocks.
    var element: ElementType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }

    var isI2S: Bool { self == .i2sX86 || self == .i2sRows || self == .i2sARM }

    /// Numbers in a block, its bytes, and the bytes that a row has besides.
    var block: (numbers: Int, bytes: Int, rowBytes: Int) {
        switch self {
        case .f32: (1, 4, 0)
        case .f16, .bf16: (1, 2, 0)
        case .q4x0: (32, 18, 0)
        case .q8x0: (32, 34, 0)
        case .q4xK: (256, 144, 0)
        case .q6xK: (256, 210, 0)
        case .tq1x0: (256, 54, 0)
        case .tq2x0: (256, 66, 0)
        case .q2x0of64: (64, 18, 0)
        case .q2x0of128: (128, 34, 0)
        case .i2sX86: (128, 32, 0)
        case .i2sARM: (64, 16, 0)
        case .i2sRows, .tl1: (4, 1, 0)
        case .tl2: (3, 1, 0)
        case .iq1bn: (64, 13, 2)
        case .iq2bn, .iq2bnR4: (64, 16, 4)
        }
    }

    /// How many bytes a tensor may take; empty if it cannot be stored so.
    func byteCounts(rows: Int, columns: Int) -> [Int] {
        let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, rows > 0, columns > 0 else { return [] }
        switch self {
        case .i2sX86, .i2sARM: return product % block.numbers == 0 && columns % 4 == 0 ? [product / 4 + 32] : []
        case .i2sRows: return rows % 4 == 0 && columns % 4 == 0 ? [product / 4 + 32] : []
        case .tl1: return product % 4 == 0 ? [product / 4, product / 4 + 32] : []
        case .tl2: return StoredType.sizesOfTL2(rows: rows, columns: columns)
        case .iq2bnR4 where rows % 4 != 0: return []
        default: return columns % block.numbers == 0 ? size(rows: rows, columns: columns).map { [$0] } ?? [] : []
        }
    }

    private func size(rows: Int, columns: Int) -> Int? {
        let (row, overflow) = (columns / block.numbers).multipliedReportingOverflow(by: block.bytes)
        let (whole, overflowOfRows) = rows.multipliedReportingOverflow(by: row &+ block.rowBytes)
        return overflow || overflowOfRows ? nil : whole
    }

    /// Triples take five bits, the last 256 columns pairs of four; bitnet.cpp's own tools add a tail.
    private static func sizesOfTL2(rows: Int, columns: Int) -> [Int] {
        guard columns > 256, columns < 1 << 31, rows < 1 << 31 else { return [] }
        let packed = (columns - 256) * rows / 3 * 5 / 8 + 256 * rows / 2 * 4 / 8
        return [packed, (packed + 31) / 32 * 32 + 32]
    }
}
