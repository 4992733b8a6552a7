import Basis

/// The rows of a stored matrix as float32, of any type but those of `WholeMatrix`.
struct FloatRows {
    private let type: StoredType
    private let columns: Int
    private let bytes: UnsafeRawBufferPointer
    private var codes: [UInt8]
    private var scales: [Float] = []

    init(_ type: StoredType, columns: Int, _ bytes: UnsafeRawBufferPointer) {
        (self.type, self.columns, self.bytes) = (type, columns, bytes)
        codes = [UInt8](repeating: 0, count: type.isTernary ? columns / 4 : 0)
    }

    mutating func read(_ row: Int, into floats: UnsafeMutablePointer<Float>) {
        guard type.isTernary else {
            let rowBytes = columns / type.block.numbers * type.block.bytes
            if let start = bytes.baseAddress { type.decodeFloats(columns: columns, start + row * rowBytes, into: floats) }
            return
        }
        let blocks = TernaryBlocks(type, columns: columns, bytes)
        codes.withUnsafeMutableBufferPointer { codes in
            guard let codes = codes.baseAddress else { return }
            blocks.decode(row, into: codes, scales: &scales)
            for column in 0..<columns {
                floats[column] = Float(Int(codes[column / 4] >> UInt8(2 * (column % 4)) & 3) - 1) * scales[column / blocks.group]
            }
        }
    }
}

/// Floats of which each is zero, or plus or minus one number: trits that a converter wrote out.
struct TernaryFloats {
    private let rows: Int
    private let columns: Int
    private var reader: FloatRows
    private var magnitude: Float = 0

    init(_ type: StoredType, rows: Int, columns: Int, _ bytes: UnsafeRawBufferPointer) {
        (self.rows, self.columns) = (rows, columns)
        reader = FloatRows(type, columns: columns, bytes)
    }

    /// Whether they are such floats.
    var areTernary: Bool {
        var copy = self
        var codes = [UInt8](repeating: 0, count: rows * ((columns + 3) / 4))
        let scale = try? codes.withUnsafeMutableBytes { try copy.decode(into: $0) }
        return scale != nil && copy.magnitude > 0
    }

    /// Writes their codes, each row on a byte of its own; the number that +1 stands for.
    mutating func decode(into codes: UnsafeMutableRawBufferPointer) throws -> Float {
        var row = [Float](repeating: 0, count: columns)
        let rowBytes = (columns + 3) / 4
        for index in 0..<rows {
            row.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { reader.read(index, into: start) } }
            for byte in 0..<rowBytes { codes[index * rowBytes + byte] = 0b01_01_01_01 }
            for (column, value) in row.enumerated() where value != 0 {
                try note(abs(value))
                let place = index * rowBytes + column / 4, shift = UInt8(2 * (column % 4))
                codes[place] ^= (value < 0 ? 0b01 : 0b11) << shift
            }
        }
        return magnitude > 0 ? magnitude : 1
    }

    private mutating func note(_ value: Float) throws {
        guard value.isFinite else { throw Failure("holds a NaN or an infinity") }
        if magnitude == 0 { magnitude = value }
        guard value == magnitude else { throw Failure("holds \(value) besides \(magnitude), where its first rows were ternary") }
    }
}
