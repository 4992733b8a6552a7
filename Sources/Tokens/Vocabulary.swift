import Basis

/// The tokens of a model: bytes of each id, id of each token. Tokens are told apart by their bytes.
struct Vocabulary: Sendable {
    /// The tokens' bytes one after another, in the order in which they were added.
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    /// The id of each token in order of addition, and back (-1: no token has that id).
    private var ids: [Int32] = []
    private var positions: [Int32] = []
    /// Open addressing: position + 1, or 0.
    private var slots: [Int32] = Array(repeating: 0, count: 16)

    /// How many tokens there are.
    var count: Int { ids.count }
    /// One more than the largest id.
    var idEnd: Int { positions.count }

    init(capacity: Int) {
        starts.reserveCapacity(capacity + 1)
        ids.reserveCapacity(capacity)
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    /// Adds a token. `id` must have been checked to be in range.
    mutating func add(_ token: String, id: Int32) throws {
        guard self.id(of: token) == nil else { throw Failure("token '\(token)' occurs twice in the vocabulary") }
        if let other = self.token(id) {
            throw Failure("tokens '\(String(decoding: other, as: UTF8.self))' and '\(token)' have the same id \(id)")
        }
        if (count + 1) * 2 > slots.count { grow() }
        bytes += token.utf8
        starts.append(bytes.count)
        ids.append(id)
        while positions.count <= Int(id) { positions.append(-1) }
        positions[Int(id)] = Int32(truncatingIfNeeded: count - 1)
        insert(count - 1)
    }

    func token(_ id: Int32) -> ArraySlice<UInt8>? {
        guard id >= 0, Int(id) < positions.count, positions[Int(id)] >= 0 else { return nil }
        let position = Int(positions[Int(id)])
        return bytes[starts[position]..<starts[position + 1]]
    }

    func id(of token: String) -> Int32? {
        var token = token
        return token.withUTF8 { id(of: $0) }
    }

    func id(of token: [UInt8]) -> Int32? { token.withUnsafeBufferPointer { id(of: $0) } }

    func id(of token: Bytes) -> Int32? {
        var at = Vocabulary.hash(token) & (slots.count - 1)
        while slots[at] != 0 {
            let position = Int(slots[at]) - 1
            if equal(position, token) { return ids[position] }
            at = (at + 1) & (slots.count - 1)
        }
        return nil
    }

    private func equal(_ position: Int, _ token: Bytes) -> Bool {
        let start = starts[position]
        guard starts[position + 1] - start == token.count else { return false }
        for index in 0..<token.count where bytes[start + index] != token[index] { return false }
        return true
    }

    private mutating func insert(_ position: Int) {
        var at = bytes[starts[position]..<starts[position + 1]].withUnsafeBufferPointer { Vocabulary.hash($0) } & (slots.count - 1)
        while slots[at] != 0 { at = (at + 1) & (slots.count - 1) }
        slots[at] = Int32(truncatingIfNeeded: position + 1)
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for position in 0..<count { insert(position) }
    }

    /// Seeded anew in each process, so that no file can be made of tokens that collide.
    private static func hash(_ token: Bytes) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(token))
        return hasher.finalize()
    }
}
