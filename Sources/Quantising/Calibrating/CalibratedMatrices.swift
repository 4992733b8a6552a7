import Basis
import Models
import Tensors

/// What is asked of matrices that become planes with the help of a text.
public struct CalibrationPlan {
    public let graph: Graph
    /// The model of floats.
    public let tensors: any TensorSource
    public let quantiser: any Quantiser.Type
    /// The matrices, by name.
    public let forms: [String: PlaneForm]
    public let texts: [[Int32]]
    public let compensation: Compensation

    public init(
        _ graph: Graph, _ tensors: any TensorSource, _ quantiser: any Quantiser.Type, forms: [String: PlaneForm], texts: [[Int32]],
        _ compensation: Compensation
    ) {
        (self.graph, self.tensors, self.quantiser) = (graph, tensors, quantiser)
        (self.forms, self.texts, self.compensation) = (forms, texts, compensation)
    }
}

/// Makes matrices planes one after the other, in the order in which the model multiplies by them: each sees activations that come out of
/// those before it as they have become. In memory are the rows between two sections, and one matrix with the sums of its activations.
public final class CalibratedMatrices {
    private let plan: CalibrationPlan
    private let folder: WorkFolder
    private let kernels: Kernels
    private let threads: ThreadPool
    private let overlay: Overlay
    private let streams: Streams
    private var number = 0

    public init(_ plan: CalibrationPlan, _ folder: WorkFolder, _ kernels: Kernels, _ threads: ThreadPool) throws {
        (self.plan, self.folder, self.kernels, self.threads) = (plan, folder, kernels, threads)
        (overlay, streams) = (Overlay(plan.tensors), Streams(plan.texts))
        guard plan.texts.contains(where: { !$0.isEmpty }) else { throw Failure("the calibration text has no tokens") }
    }

    /// The checkpoint with planes in the place of the matrices; `done` is told of each.
    public func run(_ done: (WorkFolder.Matrix) throws -> Void) throws -> any TensorSource {
        let sections = plan.graph.sections
        let last = sections.lastIndex { !groups(in: $0).isEmpty } ?? -1
        for section in sections[0..<last + 1] {
            for group in groups(in: section) { try quantise(group, section, done) }
            if section != sections[last] { try advance(through: section) }
        }
        return overlay
    }

    /// Matrices that multiply the same rows.
    private struct Group {
        /// The node whose rows they are.
        let input: Int
        var matrices: [Weight]
    }

    private func groups(in section: Range<Int>) -> [Group] {
        var groups: [Group] = []
        for index in section {
            let node = plan.graph.nodes[index]
            guard node.operation is Linear, let weight = node.operation.weight, plan.forms[weight.name] != nil else { continue }
            if let known = groups.firstIndex(where: { $0.input == node.inputs[0] }) {
                groups[known].matrices.append(weight)
            } else {
                groups.append(Group(input: node.inputs[0], matrices: [weight]))
            }
        }
        return groups.sorted { $0.input < $1.input }
    }

    private func quantise(_ group: Group, _ section: Range<Int>, _ done: (WorkFolder.Matrix) throws -> Void) throws {
        var compensated: CompensatedMatrix?
        for weight in group.matrices {
            guard let form = plan.forms[weight.name] else { continue }
            let matrix = try placing("tensor '\(weight.name)'") { () -> WorkFolder.Matrix in
                if let matrix = folder.finished(number, weight, form) { return matrix }
                let making = try compensated ?? CompensatedMatrix(sums(group, section), plan.compensation, kernels, threads)
                compensated = making
                return try make(weight, form, making)
            }
            number += 1
            overlay.replace(weight.name, with: matrix.tensors)
            try done(matrix)
        }
    }

    private func make(_ weight: Weight, _ form: PlaneForm, _ making: CompensatedMatrix) throws -> WorkFolder.Matrix {
        guard let index = plan.tensors.index(of: weight.name) else { throw Failure("is missing") }
        return try plan.tensors.withBytes(index) { bytes in
            let floats = try FloatMatrix(
                rows: weight.rows, columns: weight.columns, element: plan.tensors.entries[index].element, bytes: bytes)
            return try folder.keep(number, making.planes(weight, form, of: floats, by: plan.quantiser))
        }
    }

    /// What the rows that a group multiplies are like.
    private func sums(_ group: Group, _ section: Range<Int>) throws -> ActivationSums {
        let isCrossed = plan.compensation.asymmetry > 0
        if group.input < section.lowerBound {
            // The rows that came out of the section before are those.
            let width = plan.graph.nodes[group.input].form.width
            return try sums(isCrossed, width: width) { kind, text in .lent(streams.rows(kind, text: text)) }
        }
        let quantised = try SectionRunner(plan.graph, section, to: group.input, weights: overlay, kernels, threads)
        let floats = isCrossed ? try SectionRunner(plan.graph, section, to: group.input, weights: plan.tensors, kernels, threads) : nil
        return try sums(isCrossed, width: quantised.width) { kind, text in
            let runner = kind == .floats ? floats : quantised
            return .owned(try runner?.run(streams.texts[text], streams.rows(kind, text: text)))
        }
    }

    private enum TextRows {
        case lent(UnsafePointer<Float>?)
        case owned(AlignedMemory?)

        var start: UnsafePointer<Float>? {
            switch self {
            case .lent(let start): start
            case .owned(let memory): (memory?.start.assumingMemoryBound(to: Float.self)).map { UnsafePointer($0) }
            }
        }
    }

    private func sums(_ isCrossed: Bool, width: Int, _ rows: (Streams.Kind, Int) throws -> TextRows) throws -> ActivationSums {
        let sums = try ActivationSums(width: width, crossed: isCrossed)
        for (text, tokens) in streams.texts.enumerated() {
            let x = try rows(.quantised, text), y = isCrossed ? try rows(.floats, text) : .lent(nil)
            withExtendedLifetime((x, y)) {
                if let x = x.start { sums.add(x, y.start, count: tokens.count, kernels, threads) }
            }
        }
        return sums
    }

    /// Takes the rows of both models through a section.
    private func advance(through section: Range<Int>) throws {
        for kind in Streams.Kind.allCases where kind == .quantised || plan.compensation.asymmetry > 0 {
            let weights: any TensorSource = kind == .floats ? plan.tensors : overlay
            let runner = try SectionRunner(plan.graph, section, to: section.upperBound - 1, weights: weights, kernels, threads)
            for (text, tokens) in streams.texts.enumerated() {
                streams.replace(kind, text: text, with: try runner.run(tokens, streams.rows(kind, text: text)))
            }
        }
    }
}
