/// A text as it came, which need not be UTF-8.
typealias Bytes = UnsafeBufferPointer<UInt8>

/// One Unicode scalar of a text, or one byte that is part of none.
struct ScalarAt {
    /// The scalar's value, or `ScalarAt.invalid`.
    let value: UInt32
    /// 1...4 bytes; 1 for an invalid byte.
    let length: Int

    static let invalid: UInt32 = 0xFFFF_FFFF

    @inline(__always) init(_ value: UInt32, _ length: Int) {
        self.value = value
        self.length = length
    }
}

extension Bytes {
    /// The scalar that starts at `at`, which is below `end`. Overlong forms, surrogates and cut sequences are invalid bytes.
    @inline(__always) func scalar(at: Int, end: Int) -> ScalarAt {
        let byte = self[at]
        return byte < 0x80 ? ScalarAt(UInt32(byte), 1) : longScalar(at: at, end: end)
    }

    private func longScalar(at: Int, end: Int) -> ScalarAt {
        let lead = self[at]
        let length = UTF8Form.length(lead: lead)
        guard length > 1, at + length <= end, UTF8Form.isSecond(self[at + 1], after: lead) else { return ScalarAt(ScalarAt.invalid, 1) }
        var value = (UInt32(lead) & (0x7F >> UInt32(length))) << 6 | UInt32(self[at + 1] & 0x3F)
        for index in 2..<Swift.max(length, 2) {
            guard self[at + index] & 0xC0 == 0x80 else { return ScalarAt(ScalarAt.invalid, 1) }
            value = value << 6 | UInt32(self[at + index] & 0x3F)
        }
        return ScalarAt(value, length)
    }

    /// The scalar that ends before `at`, which is above `start`.
    func scalar(before at: Int, start: Int) -> ScalarAt {
        for length in 1...Swift.min(4, at - start) where self[at - length] & 0xC0 != 0x80 {
            let found = scalar(at: at - length, end: at)
            return found.length == length ? found : ScalarAt(ScalarAt.invalid, 1)
        }
        return ScalarAt(ScalarAt.invalid, 1)
    }

    func hasPrefix(_ prefix: [UInt8], at: Int, end: Int) -> Bool {
        guard end - at >= prefix.count else { return false }
        for index in prefix.indices where self[at + index] != prefix[index] { return false }
        return true
    }
}

/// The well-formed UTF-8 byte sequences (Unicode 16, table 3-7).
enum UTF8Form {
    /// 1...4, or 0 for a byte that starts no sequence.
    @inline(__always) static func length(lead: UInt8) -> Int {
        switch lead {
        case 0..<0x80: 1
        case 0xC2..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0..<0xF5: 4
        default: 0
        }
    }

    @inline(__always) static func isSecond(_ byte: UInt8, after lead: UInt8) -> Bool {
        switch lead {
        case 0xE0: (0xA0..<0xC0).contains(byte)
        case 0xED: (0x80..<0xA0).contains(byte)
        case 0xF0: (0x90..<0xC0).contains(byte)
        case 0xF4: (0x80..<0x90).contains(byte)
        default: (0x80..<0xC0).contains(byte)
        }
    }

    /// How many bytes at the end of `bytes` may yet become a scalar when more bytes follow: 0...3.
    static func openTail(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            guard lead & 0xC0 != 0x80 else { continue }
            guard UTF8Form.length(lead: lead) > length else { return 0 }
            return length == 1 || isSecond(bytes[bytes.count - length + 1], after: lead) ? length : 0
        }
        return 0
    }
}
