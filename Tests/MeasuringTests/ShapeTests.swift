import Basis
import Models
import Tensors
import Testing
import Toolkit

/// Published shapes, and the random weights that fill them.
@Suite struct ShapeTests {
    /// Weights, norms left aside, by the sizes in the model cards: the embedding and the head, then the matrices of each layer.
    static let published: [(String, weights: Int)] = [
        ("mmfree-370m", 2 * 32000 * 1024 + 24 * (4 * 1024 * 1024 + 3 * 1024 * 2816)),
        ("mmfree-1.3b", 2 * 32000 * 2048 + 24 * (4 * 2048 * 2048 + 3 * 2048 * 5632)),
        ("mmfree-2.7b", 2 * 32000 * 2560 + 32 * (4 * 2560 * 2560 + 3 * 2560 * 6912)),
        ("bitnet-2b-4t", 128_256 * 2560 + 30 * (2 * 2560 * 2560 + 2 * 2560 * 640 + 3 * 2560 * 6912)),
        ("bitnet-large", 32002 * 1536 + 24 * (4 * 1536 * 1536 + 3 * 1536 * 4096)),
        ("bitnet-3b", 32002 * 3200 + 26 * (4 * 3200 * 3200 + 3 * 3200 * 8640)),
        ("llama3-8b", 2 * 128_256 * 4096 + 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336)),
        ("falcon3-1b", 2 * 131_072 * 2048 + 18 * (2 * 2048 * 2048 + 2 * 2048 * 1024 + 3 * 2048 * 8192)),
        ("falcon3-3b", 2 * 131_072 * 3072 + 22 * (2 * 3072 * 3072 + 2 * 3072 * 1024 + 3 * 3072 * 9216)),
        ("falcon3-7b", 2 * 131_072 * 3072 + 28 * (2 * 3072 * 3072 + 2 * 3072 * 1024 + 3 * 3072 * 23040)),
        ("falcon3-10b", 2 * 131_072 * 3072 + 40 * (2 * 3072 * 3072 + 2 * 3072 * 1024 + 3 * 3072 * 23040)),
    ]

    @Test func `every shape is here`() { #expect(PublishedShape.all.map(\.name) == Self.published.map(\.0)) }

    @Test(arguments: published) func `a shape has as many weights as were published`(_ name: String, _ weights: Int) throws {
        let graph = try PublishedShape(named: name).graph
        #expect(graph.weights.filter { $0.kind != .dense }.reduce(0) { $0 + $1.count } == weights)
    }

    /// What the model cards call them, in thousand millions.
    @Test(arguments: [
        ("mmfree-370m", 0.37), ("mmfree-1.3b", 1.36), ("mmfree-2.7b", 2.70), ("bitnet-2b-4t", 2.41), ("bitnet-large", 0.73), ("bitnet-3b", 3.32),
        ("llama3-8b", 8.03), ("falcon3-1b", 1.67), ("falcon3-3b", 3.23), ("falcon3-7b", 7.46), ("falcon3-10b", 10.31),
    ])
    func `a shape is of the size that its name says`(_ name: String, _ size: Double) throws {
        let count = try PublishedShape(named: name).graph.weights.reduce(0) { $0 + $1.count }
        #expect(abs(Double(count) / 1e9 - size) < 0.006)
    }

    @Test(arguments: IntegerBits.forFloats) func `a shape has its embedding in as many bits as it is asked for`(_ bits: IntegerBits) throws {
        let threads = ThreadPool(threads: 2), name = "shape:mmfree-370m,embedding=\(bits.name)"
        let model = try OpenModel(name, threads: threads)
        let table = Weight("model.embeddings.weight", shape: [32000, 1024], kind: .table)
        let entry = try #require(model.checkpoint.tensors.entries.first { $0.name == table.name })
        #expect(entry.element == .uint8 && entry.shape == table.integerShape(bits))
        _ = try Table(table, from: model.checkpoint.tensors, kernels: .best, threads)
    }

    @Test func `an unknown variant of a shape is refused`() {
        #expect(throws: Failure("a shape has no variant 'x=1'; known: embedding=int8, embedding=int6, embedding=int4")) {
            try OpenModel("shape:mmfree-370m,x=1", threads: ThreadPool(threads: 1))
        }
    }

    @Test func `an unknown shape is refused by the names that there are`() {
        #expect(throws: Failure("there is no shape 'x'; known: \(PublishedShape.all.map(\.name).joined(separator: ", "))")) {
            try OpenModel("shape:x", threads: ThreadPool(threads: 1))
        }
    }

    /// A graph with a matrix of odd width, larger than the part that is made from one seed.
    private func source(threads: Int) throws -> RandomTensors {
        let graph = try Graph { model in
            model.embedding("table", vocabulary: 100, width: 1023).norm("norm", epsilon: 1e-6).quantised("q").ternaryLinear("matrix", to: 5000)
        }
        return try RandomTensors(for: graph, threads: ThreadPool(threads: threads))
    }

    private func bytes(_ name: String, _ source: RandomTensors) throws -> [UInt8] {
        let index = try #require(source.entries.firstIndex { $0.name.hasPrefix(name) })
        return try source.withBytes(index) { Array($0) }
    }

    @Test func `random trits are valid, a third of them zeros, and the same for every number of threads`() throws {
        let source = try source(threads: 1), codes = try bytes("matrix", source), rows = 5000, width = 1023
        #expect(try bytes("matrix", self.source(threads: 2)) == codes)
        try codes.withUnsafeBytes { try Trits.validate($0, rows: rows, width: width) }
        let counts = try codes.withUnsafeBytes { try Trits.counts($0, rows: rows, width: width) }
        // The deviation of a share of n draws is sqrt(2/9/n): these are five of them.
        let tolerance = 5 * (2.0 / 9 / Double(rows * width)).squareRoot()
        for count in [counts.minus, counts.zero, counts.plus] { #expect(abs(Double(count) / Double(rows * width) - 1.0 / 3) < tolerance) }
        #expect(Set(codes[..<(1 << 20)]).count >= 81, "all fours of trits come")
    }

    @Test func `gains are ones, embeddings small numbers that differ, scales keep the size of activations`() throws {
        let source = try source(threads: 1)
        #expect(try Set(chunks(bytes("norm", source))) == [[0x80, 0x3F]])
        let table = try bytes("table", source), pairs = chunks(table)
        let values = pairs.map { Float(bitPattern: UInt32($0[1]) << 24 | UInt32($0[0]) << 16) }
        #expect(values.count == 102300 && Set(values).count > 1000 && values.allSatisfy { abs($0) < 0.2 })
        let scale = try #require(source.entries.firstIndex { $0.shape == [1] })
        let value = try source.withBytes(scale) { $0.loadUnaligned(as: Float.self) }
        #expect(abs(value * value * 1023 * 2 / 3 - 1) < 1e-5)
    }

    private func chunks(_ bytes: [UInt8]) -> [[UInt8]] { stride(from: 0, to: bytes.count, by: 2).map { Array(bytes[$0..<$0 + 2]) } }
}
