import Basis
import Models
import Tensors

/// Tensors made up in memory.
public final class MemorySource: TensorSource {
    public let entries: [TensorEntry]
    private let contents: [[UInt8]]

    public init(_ tensors: [(TensorEntry, [UInt8])]) { (entries, contents) = (tensors.map(\.0), tensors.map(\.1)) }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws { buffer.copyBytes(from: contents[index]) }

    /// A float32 checkpoint with random values of about the size that trained ones have.
    public convenience init(randomFor graph: Graph, seed: UInt64) throws {
        var random = Random(seed: seed)
        self.init(try graph.weights.map { weight in
            let mean: Float = weight.kind == .dense && weight.shape.count == 1 ? 1 : 0
            let values = (0..<weight.count).map { _ in mean + 0.3 * random.normal() }
            let entry = try TensorEntry(name: weight.name, element: .float32, shape: weight.shape)
            return (entry, values.withUnsafeBytes { Array($0) })
        })
    }
}
