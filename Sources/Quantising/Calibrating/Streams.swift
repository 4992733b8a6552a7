import Basis
import Models
import Tensors

/// The rows that pass between two sections of a graph, of every token of the calibration text: what the model of floats has there, and what
/// the model has that is quantised so far.
final class Streams {
    /// The texts.
    let texts: [[Int32]]
    private var floats: [AlignedMemory?]
    private var quantised: [AlignedMemory?]

    init(_ texts: [[Int32]]) {
        self.texts = texts
        floats = Array(repeating: nil, count: texts.count)
        quantised = floats
    }

    enum Kind: CaseIterable { case floats, quantised }

    /// Rows of one text.
    func rows(_ kind: Kind, text: Int) -> UnsafePointer<Float>? {
        ((kind == .floats ? floats : quantised)[text]?.start.assumingMemoryBound(to: Float.self)).map { UnsafePointer($0) }
    }

    func replace(_ kind: Kind, text: Int, with rows: AlignedMemory) {
        switch kind {
        case .floats: floats[text] = rows
        case .quantised: quantised[text] = rows
        }
    }
}

/// A part of a graph on its weights: what the rows before a section become at one of its nodes.
final class SectionRunner {
    private let machine: Machine
    private let given = GivenRows()
    let width: Int

    init(
        _ graph: Graph, _ section: Range<Int>, to node: Int, weights source: any TensorSource, _ kernels: Kernels, _ threads: ThreadPool
    ) throws {
        let part = try graph.part(of: section, to: node, given: given)
        let weights = try Weights(part, from: source, kernels: kernels, threads: threads)
        machine = try Machine(part, weights, kernels: kernels, threads: threads)
        width = part.outputWidth
    }

    /// The node's rows for all tokens of one text.
    func run(_ tokens: [Int32], _ before: UnsafePointer<Float>?) throws -> AlignedMemory {
        let memory = AlignedMemory(byteCount: 4 * tokens.count * width)
        let rows = memory.start.assumingMemoryBound(to: Float.self)
        given.start = before
        var feeds = [Machine.Feed(machine.graph.session, tokens[...], wanted: .all)]
        try machine.run(&feeds) { _, token, row in
            if let row = row.baseAddress { (rows + token * width).update(from: row, count: width) }
        }
        return memory
    }
}
