import Basis
import Glibc
import Models
import Tensors

/// What a vector register holds.
public enum RegisterValue: Hashable, Sendable {
    case floats([Float])
    /// Int8 activations and what one step of them stands for.
    case quantised([Int8], step: Float)

    var form: Form {
        switch self {
        case .floats(let values): .floats(values.count)
        case .quantised(let values, _): .quantised(values.count)
        }
    }
}

/// One row as operations take it.
final class RowMemory {
    let rows: Rows
    private let memory: UnsafeMutableRawPointer

    init(_ form: Form) {
        let bytes = max(64, Rows.bytes(of: form))
        memory = .allocate(byteCount: bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        rows = Rows(form: form, count: 1, base: memory, capacity: 1)
    }

    convenience init(_ value: RegisterValue) {
        self.init(value.form)
        switch value {
        case .floats(let values): rows[0].update(from: values, count: values.count)
        case .quantised(let values, let step): rows.quantised.fill(0, integers: values, step: step)
        }
    }

    deinit { memory.deallocate() }

    var value: RegisterValue {
        switch rows.form {
        case .floats(let width): .floats(Array(UnsafeBufferPointer(start: rows[0], count: width)))
        case .quantised: .quantised(rows.quantised.integers(0), step: rows.quantised.step(0))
        }
    }
}
