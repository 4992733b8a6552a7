/// Writes GGUF files for tests, laid out like tern-gguf(5). It does what it is told: files that no reader should take as well.
public struct GGUFWriter: Sendable {
    public enum Value: Sendable {
        case uint32(UInt32), int32(Int32), uint64(UInt64), float32(Float), flag(Bool), text(String)
        case texts([String]), int32s([Int32]), float32s([Float])
    }

    public struct Tensor: Sendable {
        public var name: String
        /// Outermost dimension first.
        public var shape: [Int]
        public var type: UInt32
        public var bytes: [UInt8]

        public init(_ name: String, _ shape: [Int], type: UInt32, _ bytes: [UInt8]) {
            (self.name, self.shape, self.type, self.bytes) = (name, shape, type, bytes)
        }

        public init(_ name: String, _ shape: [Int], _ floats: [Float]) {
            self.init(name, shape, type: 0, floats.withUnsafeBytes { Array($0) })
        }
    }

    public var version: UInt32 = 3
    public var alignment = 32
    public var values: [(key: String, value: Value)] = []
    public var tensors: [Tensor] = []

    public init() {}

    public mutating func set(_ key: String, _ value: Value) {
        values.removeAll { $0.key == key }
        values.append((key, value))
    }

    public var bytes: [UInt8] {
        var file = Array("GGUF".utf8) + little(version) + little(UInt64(tensors.count)) + little(UInt64(values.count))
        for (key, value) in values { file += text(key) + written(value) }
        var offset = 0
        for tensor in tensors {
            file += text(tensor.name) + little(UInt32(tensor.shape.count))
            for size in tensor.shape.reversed() { file += little(Int64(size)) }
            file += little(tensor.type) + little(UInt64(offset))
            offset += padded(tensor.bytes.count)
        }
        file += [UInt8](repeating: 0, count: padded(file.count) - file.count)
        for tensor in tensors { file += tensor.bytes + [UInt8](repeating: 0, count: padded(tensor.bytes.count) - tensor.bytes.count) }
        return file
    }

    private func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    private func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

    private func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    private func written(_ value: Value) -> [UInt8] {
        switch value {
        case .uint32(let number): little(UInt32(4)) + little(number)
        case .int32(let number): little(UInt32(5)) + little(number)
        case .uint64(let number): little(UInt32(10)) + little(number)
        case .float32(let number): little(UInt32(6)) + little(number.bitPattern)
        case .flag(let flag): little(UInt32(7)) + [flag ? 1 : 0]
        case .text(let string): little(UInt32(8)) + text(string)
        case .texts(let strings): list(8, strings.count) + strings.flatMap(text)
        case .int32s(let numbers): list(5, numbers.count) + numbers.flatMap(little)
        case .float32s(let numbers): list(6, numbers.count) + numbers.flatMap { little($0.bitPattern) }
        }
    }

    private func list(_ type: UInt32, _ count: Int) -> [UInt8] { little(UInt32(9)) + little(type) + little(UInt64(count)) }
}
