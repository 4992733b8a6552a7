import Basis
import Tensors

extension TernContainer {
    /// Reads several of `tensors` with all threads of the pool, each into a buffer of its entry's size.
    public func read(_ wanted: [(index: Int, buffer: UnsafeMutableRawBufferPointer)], _ pool: ThreadPool) throws {
        if let tensors = tensors as? TernTensors { return try tensors.read(wanted, pool) }
        try pool.trying(wanted.count) { try tensors.read(wanted[$0].index, into: wanted[$0].buffer) }
    }
}
