import Tensors

/// The rows of one node's output, one a token, in memory that a machine lends for the while. Never escapes the operation it is given to.
///
/// Floats lie row after row, `stride` apart; quantised rows as `QuantisedRows` has them.
public struct Rows {
    public let form: Form
    public let count: Int
    let base: UnsafeMutableRawPointer
    /// Rows that the memory was laid out for: it fixes where the scales and sums of quantised rows lie.
    let capacity: Int
    /// The first of these rows, of those that the memory was laid out for.
    private let first: Int

    package init(form: Form, count: Int, base: UnsafeMutableRawPointer, capacity: Int, first: Int = 0) {
        (self.form, self.count, self.base, self.capacity, self.first) = (form, count, base, capacity, first)
    }

    public var width: Int { form.width }

    /// Bytes that a row of this form takes, a multiple of 64, so that rows of several forms can share one arena.
    package static func bytes(of form: Form) -> Int {
        switch form {
        case .floats(let width): (width * 4 + 63) / 64 * 64
        case .quantised(let width): QuantisedRows.bytes(width: width)
        }
    }

    /// Row `index` of floats.
    public subscript(index: Int) -> UnsafeMutablePointer<Float> {
        (base + (first + index) * Self.bytes(of: form)).assumingMemoryBound(to: Float.self)
    }

    /// Floats from one row to the next.
    public var stride: Int { Self.bytes(of: form) / MemoryLayout<Float>.stride }

    /// The rows as quantised activations.
    public var quantised: QuantisedRows { QuantisedRows(width: width, capacity: capacity, memory: base, first: first) }

    /// Some of these rows.
    package func part(_ part: Range<Int>) -> Rows {
        Rows(form: form, count: part.count, base: base, capacity: capacity, first: first + part.lowerBound)
    }

    /// The first `count` of these rows.
    func prefix(_ count: Int) -> Rows { part(0..<count) }
}

extension Rows {
    /// Copies row `from` over row `to`.
    func move(_ from: Int, to: Int) {
        guard from != to else { return }
        switch form {
        case .floats: self[to].update(from: self[from], count: width)
        case .quantised: quantised.move(from, to: to)
        }
    }
}
