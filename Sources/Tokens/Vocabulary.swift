import Basis

/// The tokens of a model: bytes of each id, id of each token. Tokens are told apart by their bytes.
struct Vocabulary: Sendable {
    private var tokens: ByteStrings
    /// The id of each token in order of addition, and back (-1: no token has that id).
    private var ids: [Int32] = []
    private var positions: [Int32] = []

    /// How many tokens there are.
    var count: Int { ids.count }
    /// One more than the largest id.
    var idEnd: Int { positions.count }

    init(capacity: Int) {
        tokens = ByteStrings(capacity: capacity)
        ids.reserveCapacity(capacity)
    }

    /// Adds a token. `id` must have been checked to be in range.
    mutating func add(_ token: String, id: Int32) throws {
        guard self.id(of: token) == nil else { throw Failure("token '\(token)' occurs twice in the vocabulary") }
        if let other = self.token(id) {
            throw Failure("tokens '\(String(decoding: other, as: UTF8.self))' and '\(token)' have the same id \(id)")
        }
        var spelling = token
        _ = spelling.withUTF8 { tokens.insert($0) }
        ids.append(id)
        while positions.count <= Int(id) { positions.append(-1) }
        positions[Int(id)] = Int32(truncatingIfNeeded: count - 1)
    }

    func token(_ id: Int32) -> ArraySlice<UInt8>? {
        guard id >= 0, Int(id) < positions.count, positions[Int(id)] >= 0 else { return nil }
        return tokens[Int(positions[Int(id)])]
    }

    func id(of token: String) -> Int32? {
        var token = token
        return token.withUTF8 { id(of: $0) }
    }

    func id(of token: [UInt8]) -> Int32? { token.withUnsafeBufferPointer { id(of: $0) } }

    func id(of token: Bytes) -> Int32? { tokens.number(of: token).map { ids[$0] } }
}
