import Accelerator
import Basis
import Catalog
import Models
import Support
import Tensors
import Testing

@Suite struct RTLVectorsTests {
    @Test(arguments: RTLSample.shapes) func `words hold the trits of their tiles, and zeros beyond the edges`(_ sample: RTLSample) throws {
        let layer = try sample.layer(), vectors = try UnitVectors(sample.unit, layer), unit = sample.unit
        let bytes = Trits.rowBytes(width: sample.width)
        let rows = (0..<sample.rows).map { Trits.unpack(Array(layer.codes[$0 * bytes..<($0 + 1) * bytes]), width: sample.width) }
        #expect(vectors.wordCount == (sample.rows + unit.columns - 1) / unit.columns * vectors.tilesAcross)
        for index in 0..<vectors.wordCount {
            let word = vectors.word(index), strip = index / vectors.tilesAcross, tile = index % vectors.tilesAcross
            #expect(word.count == unit.wordBytes)
            let trits = NaiveUnpacking(unit.packing).trits(of: word, count: unit.lanes * unit.columns)
            for (place, trit) in trits.enumerated() {
                let row = strip * unit.columns + place / unit.lanes, column = tile * unit.lanes + place % unit.lanes
                #expect(trit == (row < sample.rows && column < sample.width ? Int(rows[row][column]) : 0))
            }
        }
    }

    /// What the Verilog takes is what the memory of `Execution` holds.
    @Test(arguments: RTLSample.shapes) func `words are packed as those of the core's memory`(_ sample: RTLSample) throws {
        let layer = try sample.layer(), unit = sample.unit, across = (sample.width + unit.lanes - 1) / unit.lanes
        let rows = (0..<sample.rows).map { row in
            let bytes = Trits.rowBytes(width: sample.width)
            return Trits.unpack(Array(layer.codes[row * bytes..<(row + 1) * bytes]), width: sample.width)
        }
        for packing in [Packing.fives, .triples, .pairs, .bytes] {
            var other = unit
            other.packing = packing
            let vectors = try UnitVectors(other, layer)
            for index in 0..<vectors.wordCount {
                let trits = (0..<unit.lanes * unit.columns).map { place -> Int8 in
                    let row = index / across * unit.columns + place / unit.lanes, column = index % across * unit.lanes + place % unit.lanes
                    return row < sample.rows && column < sample.width ? Int8(rows[row][column]) : 0
                }
                #expect(packing.unpacked(vectors.word(index)[...], count: trits.count) == trits, "\(packing), word \(index)")
            }
        }
    }

    @Test(arguments: RTLSample.shapes) func `activations come in words, filled up with zeros`(_ sample: RTLSample) throws {
        let layer = try sample.layer(), vectors = try UnitVectors(sample.unit, layer)
        let all = (0..<vectors.tilesAcross).flatMap(vectors.activations)
        #expect(all.count == vectors.tilesAcross * sample.unit.lanes)
        #expect(all.prefix(sample.width).map { Int8(bitPattern: $0) } == layer.activations)
        #expect(all.dropFirst(sample.width).allSatisfy { $0 == 0 })
    }

    @Test(arguments: RTLSample.shapes) func `the sums are the plain ones, and those of Tern's own products`(_ sample: RTLSample) throws {
        let layer = try sample.layer()
        #expect(layer.sums.map { Int($0) } == RTLSample.naive(layer))
        #expect(try layer.sums.map { Float($0) } == products(layer))
    }

    @Test func `files hold a word a line, the highest digit first`() throws {
        let unit = TernaryUnit(lanes: 3, columns: 2, packing: .pairs)
        let layer = try TernaryLayer(rows: 2, width: 3, codes: Trits.pack([1, 0, -1]) + Trits.pack([-1, -1, 1]), activations: [1, -2, 127])
        let vectors = try UnitVectors(unit, layer)
        func text(_ write: (any ByteSink) throws -> Void) throws -> String {
            let sink = MemorySink()
            try write(sink)
            return String(decoding: sink.bytes, as: UTF8.self)
        }
        // Codes 2 1 0, 0 0 2, the first lowest: binary 10 00 00 00 01 10.
        #expect(try text(vectors.writeWords) == "0806\n")
        #expect(try text(vectors.writeActivations) == "7ffe01\n")
        #expect(try text(vectors.writeSums) == "ffffff82\n00000080\n")
    }

    @Test func `a model's matrix is found by its name`() throws {
        let family = try #require(Catalog.families.first { $0.quantiser != nil })
        let graph = try family.graph(configuration: #require(smallConfigurations[family.name]?.first))
        let checkpoint = try MemorySource(randomFor: graph, seed: 3)
        let source = try TernarySource(
            checkpoint, graph: graph, quantiser: Catalog.quantisers[0], kernels: .best, threads: ThreadPool(threads: 1))
        let weight = try #require(graph.weights.first { $0.kind == .ternary })
        let layer = try TernaryLayer(weight.name, of: graph, from: source, seed: 5)
        #expect(layer.rows == weight.rows && layer.width == weight.columns)
        #expect(try layer.codes == source.withBytes(#require(source.index(of: weight.name))) { Array($0) })
        let given = [Int8](repeating: 3, count: weight.columns)
        #expect(try TernaryLayer(weight.name, of: graph, from: source, activations: given).activations == given)
        #expect(throws: Failure("the model multiplies by no ternary matrix 'nothing'")) {
            try TernaryLayer("nothing", of: graph, from: source)
        }
        #expect(throws: Failure.self) { try TernaryLayer(weight.name, of: graph, from: checkpoint) }
        #expect(throws: Failure.self) { try TernaryLayer(weight.name, of: graph, from: source, activations: given + [1]) }
    }

    @Test func `what is no layer is refused`() {
        #expect(throws: Failure.self) { try TernaryLayer(rows: 0, width: 4, codes: [], activations: [0, 0, 0, 0]) }
        #expect(throws: Failure.self) { try TernaryLayer(rows: 1, width: 4, codes: [0xff], activations: [0, 0, 0, 0]) }
        #expect(throws: Failure.self) { try TernaryLayer(rows: 1, width: 4, codes: [0x55, 0x55], seed: 1) }
        #expect(throws: Failure.self) { try TernaryLayer(rows: 1, width: 1 << 30, codes: [], seed: 1) }
    }

    /// Through the kernels that models run on.
    private func products(_ layer: TernaryLayer) throws -> [Float] {
        let pool = ThreadPool(threads: 1), kernels = Kernels.best
        let matrix = try layer.codes.withUnsafeBytes {
            try TernaryMatrix(
                copying: $0, rows: layer.rows, columns: layer.width, scale: 1, layout: kernels.layout, kernels: kernels, pool: pool)
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: QuantisedRows.bytes(width: layer.width), alignment: 64)
        defer { memory.deallocate() }
        let row = QuantisedRows(width: layer.width, capacity: 1, memory: memory)
        row.fill(0, planes: Naive.planes(layer.activations), step: 1)
        return [Float](unsafeUninitializedCapacity: layer.rows) { out, count in
            if let start = out.baseAddress {
                matrix.multiply(row, count: 1, into: start, outStride: layer.rows, kernels: kernels, pool: pool)
            }
            count = layer.rows
        }
    }
}

/// What `Packing` says of each packing, bit by bit.
private struct NaiveUnpacking {
    private let packing: Packing

    init(_ packing: Packing) { self.packing = packing }

    func trits(of word: [UInt8], count: Int) -> [Int] {
        (0..<count).map { index in
            switch packing {
            case .bytes: Int(Int8(bitPattern: word[index]))
            case .pairs: bits(word, 2 * index, 2) - 1
            case .triples: digit(bits(word, index / 3 * 5, 5), index % 3) - 1
            case .fives: digit(Int(word[index / 5]), index % 5) - 1
            case .ideal: 9
            }
        }
    }

    private func bits(_ word: [UInt8], _ first: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { value, bit in
            let at = first + bit
            return value | (at / 8 < word.count ? Int(word[at / 8] >> (at % 8) & 1) << bit : 0)
        }
    }

    private func digit(_ number: Int, _ place: Int) -> Int { (0..<place).reduce(number) { value, _ in value / 3 } % 3 }
}
