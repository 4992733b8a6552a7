import Models
import Tensors

/// The tensors of one matrix, in memory.
final class LooseTensors: TensorSource {
    let entries: [TensorEntry]
    let isConcurrent = true
    private let planes: PlaneMatrix
    private let bytes: [UnsafeRawBufferPointer]

    init(_ planes: PlaneMatrix) throws {
        let tensors = try planes.tensors()
        (self.planes, entries, bytes) = (planes, tensors.map(\.entry), tensors.map(\.bytes))
    }

    func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws { buffer.copyMemory(from: bytes[index]) }
    func mapped(_ index: Int) -> UnsafeRawBufferPointer? { bytes[index] }
}
