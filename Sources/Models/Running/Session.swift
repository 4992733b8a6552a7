/// Where a model is in a text: how many tokens it has seen and what each operation with state remembers of them.
///
/// A value: `var branch = session` is a fork, which costs nothing until one of the two is fed. A thought, a beam, a prompt cache and
/// a saved state are this copy.
public struct Session: Sendable {
    /// Tokens fed so far.
    public internal(set) var position = 0
    var slots: [StateSlot]

    /// Of no model: what stays behind where a session was moved away.
    public static let none = Session(stateWidths: [])

    /// A session that has seen nothing, for graphs with the given widths of state, one for each operation with state.
    init(stateWidths: [Int]) { slots = stateWidths.map(StateSlot.init(width:)) }

    /// The state of each operation that has one, in the order of the graph.
    public var states: [[Float]] { slots.map(\.values) }

    /// A session that goes on from saved states; nil if they do not have the widths of this session's.
    public func restored(position: Int, states: [[Float]]) -> Session? {
        guard position >= 0, states.map(\.count) == slots.map(\.count) else { return nil }
        var result = self
        result.position = position
        result.slots = states.map(StateSlot.init)
        return result
    }

    /// Pointers to the state of each operation with state, for writing: what another session shares is copied first.
    mutating func writableStates() -> [UnsafeMutablePointer<Float>] {
        for index in slots.indices where !isKnownUniquelyReferenced(&slots[index]) { slots[index] = StateSlot(slots[index].values) }
        return slots.map(\.pointer)
    }
}

/// The state of one operation in one session. Shared by forks until one of them writes.
final class StateSlot: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(width: Int) {
        (pointer, count) = (.allocate(capacity: max(1, width)), width)
        pointer.initialize(repeating: 0, count: max(1, width))
    }

    convenience init(_ values: [Float]) {
        self.init(width: values.count)
        for (index, value) in values.enumerated() { pointer[index] = value }
    }

    deinit { pointer.deallocate() }

    var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
