import Basis
import CTernKernels
import Glibc

/// The kernels of one level: thin names for the C functions, whose header says what each computes and how its data lies.
///
/// Nothing checks the sizes that pointers stand for; a caller owns memory of the sizes that the header tells.
public struct Kernels: Sendable {
    public let level: KernelLevel
    let functions: tern_kernels

    /// Trits, and quantised activations, in a block.
    public static let block = Int(TERN_BLOCK)

    /// Bytes of a row of quantised activations, a multiple of 256.
    public static func activationBytes(width: Int) -> Int { tern_activation_bytes(width) }

    /// The kernels of the best level that this machine has.
    public static var best: Kernels { at(.best) }

    /// The kernels of a level; of the best one below it where this machine lacks it.
    public static func at(_ level: KernelLevel) -> Kernels { Kernels(level.isAvailable ? level : .best) }

    /// The level that TERN_CPU names, otherwise the best. Fails on a name that is no level and on a level that this machine lacks.
    public static func fromEnvironment() throws -> Kernels {
        guard let value = getenv("TERN_CPU") else { return best }
        return try named(String(cString: value))
    }

    /// The level of a name as TERN_CPU gives it.
    public static func named(_ name: String) throws -> Kernels {
        guard let level = KernelLevel(rawValue: name) else {
            let names = KernelLevel.allCases.map(\.rawValue)
            let most = names.dropLast().joined(separator: ", ")
            throw Failure("unknown kernel level '\(name)' in TERN_CPU: expected \(most) or \(names.last ?? "")")
        }
        guard level.isAvailable else { throw Failure("kernel level '\(name)' in TERN_CPU: this machine does not have it") }
        return Kernels(level)
    }

    private init(_ level: KernelLevel) {
        self.level = level
        functions = tern_kernels_at(level.code).pointee
    }
}

extension Kernels {
    /// The layout of trits that this level multiplies fastest by from memory.
    public var layout: TritLayout { functions.layout == TERN_TRIPLES ? .triples : .pairs }

    /// out[a * outStride + r] = scales[a] * (row r of `part` of the matrix, in pairs . activation row a); `part` starts at a multiple of
    /// four.
    public func product(
        _ matrix: TritRows, _ part: Range<Int>, _ x: ActivationRows, into out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        withUnsafePointer(to: matrix.view) { matrix in
            withUnsafePointer(to: x.view) { functions.product(matrix, part.lowerBound, part.count, $0, out, outStride) }
        }
    }

    /// out[a * outStride + r] = scales[a] * (row r of the groups `groups` of a matrix in triples . activation row a), for no more than
    /// `many` rows of activations; `sums` is room for a number of each row of the groups and each row of activations.
    public func productOfTriples(
        _ matrix: TritRows, _ groups: Range<Int>, _ x: ActivationRows, sums: UnsafeMutablePointer<Int32>,
        into out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        withUnsafePointer(to: matrix.view) { matrix in
            withUnsafePointer(to: x.view) {
                functions.product_triples(matrix, groups.lowerBound, groups.upperBound, $0, sums, out, outStride)
            }
        }
    }

    /// Rows of activations for which `productOfTriples` waits for the memory, and the most that it takes.
    public static let few = Int(TERN_FEW), many = Int(TERN_MANY)

    /// Group number `group` of a matrix of `rows` rows in triples, from its rows, `count` of them, as files hold them, whose codes are 0, 1
    /// and 2.
    public func packTriples(
        _ stored: UnsafePointer<UInt8>, count: Int, width: Int, group: Int, rows: Int, into trits: UnsafeMutablePointer<UInt8>
    ) {
        functions.pack_triples(stored, count, width, group, rows, trits)
    }

    /// Multiplies and adds int8 in registers only, `rounds` times `peakRound`; the value depends on all of it.
    public func multiplyAdd(rounds: Int) -> UInt64 { functions.multiply_add(rounds) }

    /// Multiply-adds in a round of `multiplyAdd`.
    public static let peakRound = Int(TERN_PEAK_ROUND)

    /// Absmax quantiser of one row into planes of `activationBytes(width:)` bytes; `inverse` gets the step. Returns the sum.
    public func quantise(
        _ x: UnsafePointer<Float>, width: Int, into planes: UnsafeMutablePointer<Int8>, inverse: UnsafeMutablePointer<Float>
    ) -> Int32 {
        functions.quantise(x, width, planes, inverse)
    }

    /// y = x / sqrt(mean(x^2) + epsilon) * gain; nil is a gain of ones; y may be x.
    public func rmsNorm(
        _ x: UnsafePointer<Float>, gain: UnsafePointer<Float>?, epsilon: Float, width: Int, into y: UnsafeMutablePointer<Float>
    ) {
        functions.rms_norm(x, gain, epsilon, width, y)
    }

    /// y = 1 / (1 + exp(-x)); y may be x.
    public func sigmoid(_ x: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>) { functions.sigmoid(x, width, y) }

    /// y = x * sigmoid(x); y may be x.
    public func silu(_ x: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>) { functions.silu(x, width, y) }

    /// y = silu(a) * b; y may be a or b.
    public func siluProduct(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>
    ) {
        functions.silu_product(a, b, width, y)
    }

    /// state = forget * state + input; y = state; y may be state.
    public func recurrence(
        input: UnsafePointer<Float>, forget: UnsafePointer<Float>, width: Int, state: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        functions.recurrence(input, forget, width, state, y)
    }

    /// Trit codes of a row of floats, (width + 3) / 4 bytes; returns how many of them are zeros. w holds no NaN.
    public func ternarise(
        _ w: UnsafePointer<Float>, scale: Float, width: Int, into codes: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var zeros = 0
        functions.ternarise(w, scale, width, codes, &zeros)
        return zeros
    }

    /// The largest of each `maximaBlock` numbers, NaNs left out, into (count + maximaBlock - 1) / maximaBlock of them.
    public func maxima(_ x: UnsafePointer<Float>, count: Int, into maxima: UnsafeMutablePointer<Float>) {
        functions.maxima(x, count, maxima)
    }

    public static let maximaBlock = Int(TERN_MAXIMA_BLOCK)

    /// y = exp((x - largest) * factor), for x <= largest and factor >= 0; y may be x. Returns the sum.
    public func exponentials(
        _ x: UnsafePointer<Float>, largest: Float, factor: Float, count: Int, into y: UnsafeMutablePointer<Float>
    ) -> Double {
        functions.exponentials(x, largest, factor, count, y)
    }

    /// Reads all bytes; the value depends on each of them.
    public func read(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard let start = bytes.baseAddress else { return 0 }
        return functions.read(start, bytes.count)
    }
}

extension Kernels {
    /// Sum of |w| over `count` stored floats in doubles, in an order that depends on `count` alone; nil unless these are floats.
    public func sumOfMagnitudes(_ w: UnsafeRawPointer, element: ElementType, count: Int) -> Double? {
        switch element {
        case .float32: functions.sum_abs_f32(w, count)
        case .float16: functions.sum_abs_f16(w, count)
        case .bfloat16: functions.sum_abs_bf16(w, count)
        default: nil
        }
    }

    /// Stored floats as Float, exactly; false, with nothing written, unless these are floats.
    public func widen(_ x: UnsafeRawPointer, element: ElementType, count: Int, into y: UnsafeMutablePointer<Float>) -> Bool {
        switch element {
        case .float32: UnsafeMutableRawPointer(y).copyMemory(from: x, byteCount: 4 * count)
        case .float16: functions.widen_f16(x, count, y)
        case .bfloat16: functions.widen_bf16(x, count, y)
        default: return false
        }
        return true
    }
}
