/// What an operation remembers of a session, beside the weights that all sessions share.
public enum Memory: Hashable, Sendable {
    case nothing
    /// So many floats, all zero at the start.
    case floats(Int)
    /// For every token that the session has seen, a key and a value of `width` numbers for each of `heads` heads.
    case keysAndValues(heads: Int, width: Int)
}

/// A token as a definition sees it.
public struct TokenPlace: Hashable, Sendable {
    public let id: Int
    /// How many tokens of its session came before it.
    public let position: Int

    public init(id: Int, position: Int) { (self.id, self.position) = (id, position) }
}
