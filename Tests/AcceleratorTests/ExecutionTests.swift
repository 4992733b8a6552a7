import Accelerator
import Basis
import Catalog
import Models
import Support
import Tensors
import Testing

/// A program on real weights gives what `Machine` gives, bit for bit.
@Suite struct ExecutionTests {
    private static let tokens: [Int32] = [3, 1, 66, 0, 1, 29, 5]

    private static func source(_ graph: Graph) throws -> TernarySource {
        try TernarySource(
            MemorySource(randomFor: graph, seed: 1), graph: graph, quantiser: Catalog.quantisers[0], kernels: .best,
            threads: ThreadPool(threads: 1))
    }

    private func execution(_ graph: Graph, _ core: Core) throws -> Execution {
        let program = try Program(compiling: graph, for: core)
        return try Execution(program, core, graph, from: Self.source(graph), kernels: .best, threads: ThreadPool(threads: 1))
    }

    private func check(_ graph: Graph, _ core: Core) throws {
        let execution = try execution(graph, core)
        let expected = try logits(try randomMachine(graph), Self.tokens)
        let found = try Self.tokens.map { try execution.run(token: $0) }
        #expect(found == expected)
        #expect(Set(expected[0]).count > 50)
        #expect(execution.overflows == 0)
    }

    @Test(arguments: try smallGraphs()) func `logits are those of the machine, token by token`(_ graph: Graph) throws {
        try check(graph, .small)
    }

    @Test(arguments: try smallGraphs()) func `few registers, spills and another packing change nothing`(_ graph: Graph) throws {
        for (registers, packing) in [(4, Packing.fives), (5, .triples), (6, .bytes)] {
            var core = Core.small
            (core.registers, core.scratchBytes, core.attention) = (registers, 0, nil)
            core.ternary = TernaryUnit(lanes: 5, columns: 3, packing: packing)
            let program = try Program(compiling: graph, for: core)
            #expect(registers > 4 || program.blocks.contains { $0.kind == .spill })
            try check(graph, core)
        }
    }

    @Test(arguments: try smallGraphs()) func `a program read back from its text does the same`(_ graph: Graph) throws {
        let program = try Program(assembling: Program(compiling: graph, for: .small).text)
        let execution = try Execution(program, .small, graph, from: Self.source(graph), kernels: .best, threads: ThreadPool(threads: 1))
        #expect(try Self.tokens.map { try execution.run(token: $0) } == logits(try randomMachine(graph), Self.tokens))
    }

    /// Integers of the machine's products: its activations, and what its trits make of them naively.
    @Test(arguments: try smallGraphs()) func `activations and sums are the machine's integers`(_ graph: Graph) throws {
        let machine = try randomMachine(graph, optimising: false)
        var activations: [String: [Float]] = [:], steps: [String: Float] = [:]
        machine.observe = { node, rows in
            guard case .quantised = rows.form else { return }
            (activations[node.name], steps[node.name]) = (rows.quantised.values(0), rows.quantised.step(0))
        }
        let execution = try execution(graph, .small), program = execution.program
        var products = 0, wrong = 0
        execution.observe = { product in
            products += 1
            guard let sums = try? naiveSums(product, program, graph, Self.source(graph)), sums == product.sums else { return wrong += 1 }
            let node = graph.nodes.first { $0.name == program.node(of: product.instruction) }
            let input = node.map { graph.nodes[$0.inputs[0]].name } ?? ""
            let values = product.activations.map { Float($0) * (steps[input] ?? 0) }
            if values != activations[input] { wrong += 1 }
        }
        var feeds = [Machine.Feed(graph.session, [], wanted: .last)]
        for token in Self.tokens.prefix(3) {
            feeds = [Machine.Feed(feeds[0].session, [token], wanted: .last)]
            try machine.run(&feeds) { _, _, _ in }
            _ = try execution.run(token: token)
        }
        let ternary = graph.nodes.contains { $0.operation is TernaryLinear }
        #expect(ternary == (products > 0))
        #expect(wrong == 0)
    }

    @Test func `a narrow accumulator wraps round, and says so`() throws {
        let graph = try matmulFree(width: 64, layers: 1, vocabulary: 67)
        var core = Core.small
        (core.registerWidth, core.ternary.accumulatorBits) = (256, 9)
        let execution = try execution(graph, core), program = execution.program, source = try Self.source(graph)
        var wrapped = 0, wrong = 0
        execution.observe = { product in
            guard let sums = try? naiveSums(product, program, graph, source) else { return wrong += 1 }
            for (exact, found) in zip(sums, product.sums) {
                if !(-256..<256).contains(exact) { wrapped += 1 }
                if (exact - found) % 512 != 0 || !(-256..<256).contains(found) { wrong += 1 }
            }
        }
        _ = try execution.run(token: 5)
        #expect(wrong == 0)
        #expect(wrapped > 0)
        #expect(execution.overflows == wrapped)
    }

    @Test func `a token that the table lacks is refused`() throws {
        let graph = try matmulFree(width: 32, layers: 1, vocabulary: 67)
        var core = Core.small
        core.registerWidth = 256
        let execution = try execution(graph, core)
        #expect(throws: Failure.self) { try execution.run(token: 67) }
    }
}

/// Sums of a product from the trits as containers hold them.
private func naiveSums(_ product: Execution.Product, _ program: Program, _ graph: Graph, _ source: any TensorSource) throws -> [Int] {
    let instruction = program.instructions[product.instruction]
    guard let block = program.blocks.first(where: { $0.address == instruction.address }), let index = source.index(of: block.subject),
        let weight = graph.weights.first(where: { $0.name == block.subject })
    else { throw Failure("there is no such matrix") }
    let rowBytes = Trits.rowBytes(width: weight.columns)
    return try source.withBytes(index) { codes in
        block.rows.map { row in
            let trits = Trits.unpack(Array(codes[row * rowBytes..<(row + 1) * rowBytes]), width: weight.columns)
            return zip(trits, product.activations).reduce(0) { $0 + Int($1.0) * Int($1.1) }
        }
    }
}
