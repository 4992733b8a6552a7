import Basis
import Tensors

/// Where a model is in a text: how many tokens it has seen and what each operation with state remembers of them.
///
/// A value: `var branch = session` is a fork, which costs nothing until one of the two is fed, and then only what is written: floats of
/// fixed number, and the page of keys and values that is not full. A thought, a beam, a prompt cache and a saved state are this copy.
public struct Session: Sendable {
    /// Tokens fed so far.
    public package(set) var position = 0
    /// What keys and values are kept in.
    public let cache: CacheElement
    var slots: [Slot]

    enum Slot: Sendable {
        case floats(StateSlot)
        case pages(KeyValuePages)
    }

    /// Of no model: what stays behind where a session was moved away.
    public static let none = Session([], cache: .float32)

    /// A session that has seen nothing, for graphs whose operations with state have these memories.
    package init(_ memories: [Memory], cache: CacheElement) {
        self.cache = cache
        slots = memories.compactMap { memory in
            switch memory {
            case .nothing: nil
            case .floats(let width): .floats(StateSlot(width: width))
            case .keysAndValues(let heads, let width): .pages(KeyValuePages(heads: heads, width: width, element: cache))
            }
        }
    }

    /// What each operation with state remembers, in the order of the graph, as the bytes that it keeps: floats, or pages of keys and
    /// values.
    public var states: [[UInt8]] {
        slots.map { slot in
            switch slot {
            case .floats(let slot): slot.bytes
            case .pages(let pages): pages.bytes
            }
        }
    }

    /// A session that goes on from saved states; nil if they are not such as this one keeps.
    public func restored(position: Int, states: [[UInt8]]) throws -> Session? {
        guard position >= 0, states.count == slots.count else { return nil }
        var result = self
        result.position = position
        for (index, bytes) in states.enumerated() {
            switch slots[index] {
            case .floats(let slot):
                guard bytes.count == slot.bytes.count else { return nil }
                result.slots[index] = .floats(StateSlot(bytes))
            case .pages(let pages):
                guard let restored = try pages.restored(bytes, tokens: position) else { return nil }
                result.slots[index] = .pages(restored)
            }
        }
        return result
    }

    /// The state of each operation with state, ready for `tokens` more tokens: what another session shares is copied first.
    package mutating func prepare(tokens: Int) throws -> [StateMemory] {
        try slots.indices.map { index in
            switch slots[index] {
            case .floats(var slot):
                slots[index] = .floats(.none)
                if !isKnownUniquelyReferenced(&slot) { slot = StateSlot(slot.bytes) }
                slots[index] = .floats(slot)
                return .floats(slot.pointer)
            case .pages(var pages):
                slots[index] = .floats(.none)
                defer { slots[index] = .pages(pages) }
                try pages.reserve(position..<position + tokens)
                return .pages(pages.pointers)
            }
        }
    }
}

/// The floats of one operation in one session. Shared by forks until one of them writes.
final class StateSlot: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    /// Stands where a slot is taken out to be written.
    static let none = StateSlot(width: 0)

    init(width: Int) {
        (pointer, count) = (.allocate(capacity: max(1, width)), width)
        pointer.initialize(repeating: 0, count: max(1, width))
    }

    convenience init(_ bytes: [UInt8]) {
        self.init(width: bytes.count / MemoryLayout<Float>.size)
        UnsafeMutableRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.size).copyBytes(from: bytes.prefix(count * 4))
    }

    deinit { pointer.deallocate() }

    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.size)) }
}
