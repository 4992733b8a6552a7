import Tensors

/// The rows of one node's output, one a token, in memory that a machine lends for the while. Never escapes the operation it is given to.
///
/// Floats: row after row, `stride` floats apart. Quantised: the planes of all rows, then one inverse scale a row, then one sum a row.
public struct Rows {
    public let form: Form
    public let count: Int
    let base: UnsafeMutableRawPointer
    /// Rows that the memory was laid out for: it fixes where the scales and sums of quantised rows lie.
    let capacity: Int

    init(form: Form, count: Int, base: UnsafeMutableRawPointer, capacity: Int) {
        (self.form, self.count, self.base, self.capacity) = (form, count, base, capacity)
    }

    public var width: Int { form.width }

    /// Bytes that a row of this form takes, a multiple of 64, so that rows of several forms can share one arena.
    static func bytes(of form: Form) -> Int {
        switch form {
        case .floats(let width): (width * 4 + 63) / 64 * 64
        case .quantised(let width): Kernels.activationBytes(width: width) + 64
        }
    }

    /// Row `index` of floats.
    public subscript(index: Int) -> UnsafeMutablePointer<Float> {
        (base + index * Self.bytes(of: form)).assumingMemoryBound(to: Float.self)
    }

    /// The first `count` of these rows.
    func prefix(_ count: Int) -> Rows { Rows(form: form, count: count, base: base, capacity: capacity) }
}

/// Quantised rows.
extension Rows {
    /// Bytes from one row's planes to the next row's.
    public var planeStride: Int { Kernels.activationBytes(width: width) }

    /// The int8 activations of a row, in the planes that the products read.
    public func planes(_ index: Int) -> UnsafeMutablePointer<Int8> {
        (base + index * planeStride).assumingMemoryBound(to: Int8.self)
    }

    /// What an activation of value 1 stands for, one a row.
    public var inverseScales: UnsafeMutablePointer<Float> { (base + capacity * planeStride).assumingMemoryBound(to: Float.self) }

    /// The sum of a row's activations, one a row.
    public var sums: UnsafeMutablePointer<Int32> {
        (base + capacity * (planeStride + MemoryLayout<Float>.size)).assumingMemoryBound(to: Int32.self)
    }
}

extension Rows {
    /// Copies row `from` over row `to`.
    func move(_ from: Int, to: Int) {
        guard from != to else { return }
        switch form {
        case .floats: self[to].update(from: self[from], count: width)
        case .quantised:
            planes(to).update(from: planes(from), count: planeStride)
            inverseScales[to] = inverseScales[from]
            sums[to] = sums[from]
        }
    }
}
