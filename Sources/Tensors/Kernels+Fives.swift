import Basis
import CTernKernels

/// Trits as packed files hold them, five a byte: d0 + 3 d1 + 9 d2 + 27 d3 + 81 d4 of the codes of five columns. A row starts on a byte;
/// what is left of its last byte is filled with code 1. Bytes above 242 stand for nothing.
public enum Fives {
    /// Bytes of a row in a file.
    public static func rowBytes(width: Int) -> Int { width / 5 + (width % 5 == 0 ? 0 : 1) }

    /// The largest byte that stands for five trits.
    static let most: UInt8 = 242

    /// What is wrong with rows that do not unpack; nil if nothing is. `bytes` are whole rows.
    static func problem(_ bytes: UnsafeRawBufferPointer, width: Int) -> String? {
        let rowBytes = rowBytes(width: width)
        guard rowBytes > 0 else { return nil }
        for (at, byte) in bytes.enumerated() {
            if byte > most { return "a byte is \(byte), which stands for no five trits" }
            let used = at % rowBytes == rowBytes - 1 ? width - 5 * (rowBytes - 1) : 5
            for place in used..<5 where digit(byte, place) != 1 { return "a row of trits is not filled up with code 1" }
        }
        return nil
    }

    private static func digit(_ byte: UInt8, _ place: Int) -> UInt8 { (0..<place).reduce(byte) { value, _ in value / 3 } % 3 }
}

extension Kernels {
    /// Whole rows of fives as rows of two-bit codes, `Trits.rowBytes(width:)` each. Fails where a byte stands for nothing or a row is not
    /// filled up; what `codes` holds then is undefined.
    public func unpackFives(_ fives: UnsafeRawBufferPointer, width: Int, into codes: UnsafeMutableRawBufferPointer) throws {
        let rowBytes = Fives.rowBytes(width: width)
        guard rowBytes > 0, let source = Kernels.start(fives), let target = codes.baseAddress else { return }
        let rows = fives.count / rowBytes
        precondition(fives.count % rowBytes == 0 && codes.count == rows * Trits.rowBytes(width: width))
        guard functions.unpack_fives(source, rows, width, target.assumingMemoryBound(to: UInt8.self)) else {
            throw Failure(Fives.problem(fives, width: width) ?? "its trits do not unpack")
        }
    }

    /// Whole rows of two-bit codes, which are 0, 1 and 2, as rows of fives, `Fives.rowBytes(width:)` each.
    public func packFives(_ codes: UnsafeRawBufferPointer, width: Int, into fives: UnsafeMutableRawBufferPointer) {
        let rowBytes = Trits.rowBytes(width: width)
        guard rowBytes > 0, let source = Kernels.start(codes), let target = fives.baseAddress else { return }
        let rows = codes.count / rowBytes
        precondition(codes.count % rowBytes == 0 && fives.count == rows * Fives.rowBytes(width: width))
        functions.pack_fives(source, rows, width, target.assumingMemoryBound(to: UInt8.self))
    }

    private static func start(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}
