import Basis
import Models
import Support
import Tensors
import Testing

/// Tables of integers as they come from a container.
@Suite struct TableTests {
    private typealias Stored = (entry: TensorEntry, bytes: [UInt8])
    private static let weight = Weight("table", shape: [18, 130], kind: .table)
    private let kernels = Kernels.best, threads = ThreadPool(threads: 1)

    private func numbers() -> [Float] {
        var random = Random(seed: 7)
        return (0..<Self.weight.count).map { _ in random.normal() }
    }

    private func tensors(_ bits: IntegerBits) throws -> [Stored] {
        let shapes = [Self.weight.integerShape(bits), Self.weight.integerScaleShape]
        var codes = [UInt8](repeating: 0, count: shapes[0].reduce(1, *)), scales = [UInt8](repeating: 0, count: 2 * shapes[1].reduce(1, *))
        numbers().withUnsafeBytes { numbers in
            codes.withUnsafeMutableBytes { codes in
                scales.withUnsafeMutableBytes {
                    kernels.narrow(
                        numbers, element: .float32, columns: Self.weight.columns, bits: bits, codes: codes, scales: $0, threads)
                }
            }
        }
        return [
            (try TensorEntry(name: "table", element: .uint8, shape: shapes[0]), codes),
            (try TensorEntry(name: "table.scale", element: .float16, shape: shapes[1]), scales),
        ]
    }

    private func load(_ tensors: [Stored]) throws -> Table {
        try Table(Self.weight, from: MemorySource(tensors.map { ($0.entry, $0.bytes) }), kernels: kernels, threads)
    }

    @Test(arguments: [(IntegerBits.eight, Float(0.025)), (.six, 0.09), (.four, 0.4)])
    func `every row comes back as near as so many bits allow`(_ bits: IntegerBits, _ tolerance: Float) throws {
        let table = try load(tensors(bits)), numbers = numbers()
        for row in 0..<table.rows {
            var found = [Float](repeating: .nan, count: table.columns)
            table.copyRow(row, to: &found, kernels)
            #expect(zip(found, numbers.dropFirst(row * table.columns)).allSatisfy { abs($0 - $1) < tolerance })
        }
    }

    @Test(arguments: IntegerBits.forFloats) func `rows beyond the last are refused where they are not zeros`(_ bits: IntegerBits) throws {
        let tensors = try tensors(bits), used = Self.weight.rows % 16
        for (tensor, rowBytes) in [(0, 4), (1, 2)] {
            let bytes = tensors[tensor].bytes.count
            for byte in bytes / 2..<bytes where byte % (16 * rowBytes) / rowBytes >= used {
                var damaged = tensors
                damaged[tensor].bytes[byte] ^= 16
                #expect(throws: Failure("has rows beyond the last that are not 0")) { try load(damaged) }
            }
        }
    }

    @Test(arguments: IntegerBits.forFloats) func `a table of other shapes is refused`(_ bits: IntegerBits) throws {
        let tensors = try tensors(bits), shape = Self.weight.integerShape(bits)
        var byRows = tensors
        byRows[0].entry = try TensorEntry(name: "table", element: .uint8, shape: [shape[0] * 16, shape[1] / 16])
        #expect(throws: Failure("has shape \(byRows[0].entry.shape), which is no table of [18, 130]")) { try load(byRows) }
        var flat = tensors
        flat[1].entry = try TensorEntry(name: "table.scale", element: .float16, shape: [64])
        #expect(throws: Failure.self) { try load(flat) }
    }
}
