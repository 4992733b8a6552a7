import Basis
import Tensors

/// The weights of a graph as they are trained: float32, each with its gradient. Weights that come from one tensor of a checkpoint, such
/// as tied embeddings, are one here.
public final class Latents: @unchecked Sendable {
    /// The tensors, in the order of their first use: each as its first user knows it.
    public let weights: [Weight]
    /// All of their numbers, tensor after tensor, each from a multiple of 16 on.
    public let values: UnsafeMutableBufferPointer<Float>
    /// Of a loss, by each number.
    public let gradients: UnsafeMutableBufferPointer<Float>
    /// Where each tensor's numbers lie.
    public let ranges: [Range<Int>]
    private let positions: [String: Int]
    private let memory: (AlignedMemory, AlignedMemory)

    /// Room for the tensors that `weights` come from, all zeros.
    public init(_ weights: [Weight]) throws {
        var kept: [Weight] = [], ranges: [Range<Int>] = [], positions: [String: Int] = [:], end = 0
        for weight in weights {
            if let known = positions[weight.source] {
                guard kept[known].shape == weight.shape else { throw Failure("tensor '\(weight.source)' is used in two shapes") }
                continue
            }
            positions[weight.source] = kept.count
            kept.append(weight)
            ranges.append(end..<end + weight.count)
            end = (end + weight.count + 15) / 16 * 16
        }
        (self.weights, self.ranges, self.positions) = (kept, ranges, positions)
        memory = (AlignedMemory(byteCount: 4 * end), AlignedMemory(byteCount: 4 * end))
        values = memory.0.bytes.bindMemory(to: Float.self)
        gradients = memory.1.bytes.bindMemory(to: Float.self)
        values.initialize(repeating: 0)
        gradients.initialize(repeating: 0)
    }

    /// What the tensors are called in a checkpoint.
    public var names: [String] { weights.map(\.source) }

    /// How many numbers are trained.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The number of the tensor that a weight comes from; nil if there is none.
    func index(of weight: Weight) -> Int? { positions[weight.source] }

    /// Tensor `index`'s numbers.
    public func values(_ index: Int) -> UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(rebasing: values[ranges[index]]) }

    /// The gradients by tensor `index`'s numbers.
    public func gradients(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: gradients[ranges[index]])
    }

    /// Gives tensors the values that they begin with, each from a seed of its own.
    public func fill(seed: UInt64, _ initial: (Weight) throws -> InitialValues?) throws {
        for (index, weight) in weights.enumerated() {
            try initial(weight)?.fill(values(index), seed: Self.seed(seed, index))
        }
    }

    /// Takes every tensor from a checkpoint of floats; where it lacks one, what `missing` says when all others are there, if it does.
    public func load(
        from source: any TensorSource, kernels: Kernels, seed: UInt64 = 0, missing: (Weight) throws -> InitialValues? = { _ in nil }
    ) throws {
        let stored = Dictionary(source.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for (index, name) in names.enumerated() {
            guard let entry = stored[name] else { continue }
            try placing("tensor '\(name)'") { try load(index, from: source, entry, kernels) }
        }
        try fill(seed: seed) { weight in
            guard stored[weight.source] == nil else { return nil }
            guard let initial = try missing(weight) else { throw Failure("tensor '\(weight.source)' is missing") }
            return initial
        }
    }

    private static func seed(_ seed: UInt64, _ index: Int) -> UInt64 { seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(index) }

    private func load(_ index: Int, from source: any TensorSource, _ entry: Int, _ kernels: Kernels) throws {
        let (element, shape) = (source.entries[entry].element, source.entries[entry].shape)
        guard element.isFloat else { throw Failure("has elements of type \(element.rawValue), expected floats") }
        guard shape == weights[index].shape else { throw Failure("has shape \(shape), expected \(weights[index].shape)") }
        let values = values(index)
        try source.withBytes(entry) { bytes in
            guard let from = bytes.baseAddress, let to = values.baseAddress else { return }
            _ = kernels.widen(from, element: element, count: values.count, into: to)
        }
        guard values.allSatisfy(\.isFinite) else { throw Failure("holds a NaN or an infinity") }
    }
}
