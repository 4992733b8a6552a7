import Models
import Tensors

/// Every form that a matrix of planes can have.
let allForms = (1...PlaneForm.mostPlanes).flatMap { count in
    [true, false].filter { $0 || count > 1 }.flatMap { tied in
        [true, false].compactMap { PlaneForm(count: count, isTied: tied, hasShift: $0) }
    }
}

/// The values of a form by its definition, and the trits of each.
func levels(_ form: PlaneForm, scales: [Float], shift: Float) -> [(trits: [Int], value: Float)] {
    (0..<form.levels).map { code in
        let trits = (0..<form.count).map { code / [1, 3, 9][form.count - 1 - $0] % 3 - 1 }
        if form.isTied { return (trits, Float(trits.reduce(0) { 3 * $0 + $1 }) * scales[0] + shift) }
        return (trits, zip(trits, scales).reduce(Float(0)) { $0 + Float($1.0) * $1.1 } + shift)
    }
}

func normals(_ count: Int, seed: UInt64) -> [Float] {
    var random = Random(seed: seed)
    return (0..<count).map { _ in random.normal() }
}

/// A matrix of floats with its bytes.
struct Sample {
    let weight: Weight
    let numbers: [Float]

    init(rows: Int, columns: Int, seed: UInt64) {
        weight = Weight("w.weight", shape: [rows, columns], kind: .table)
        numbers = normals(rows * columns, seed: seed)
    }

    func with<Result>(_ body: (FloatMatrix) throws -> Result) throws -> Result {
        try numbers.withUnsafeBytes {
            try body(FloatMatrix(rows: weight.rows, columns: weight.columns, element: .float32, bytes: $0))
        }
    }
}

extension PlaneMatrix {
    var rowsAsFloats: [[Float]] {
        (0..<weight.rows).map { row in
            [Float](unsafeUninitializedCapacity: weight.columns) { floats, count in
                if let start = floats.baseAddress { copyRow(row, to: start) }
                count = weight.columns
            }
        }
    }

    /// All that a container holds of it.
    var stored: [[UInt8]] { get throws { try tensors().map { Array($0.bytes) } } }
}
