/// Where each key of a JSON object stands, by the key's bytes.
///
/// Swift's own dictionaries take canonically equal strings for one key ("é" composed and decomposed); JSON does not, and
/// vocabularies hold both. Small objects are searched from the start, larger ones through an open-addressing table.
struct JSONKeyIndex: Sendable {
    /// Position + 1 of a member, or 0; a power of two of them, at most half in use. Empty while searching is cheaper.
    private var slots: [Int] = []
    private static let searchLimit = 8

    init() {}

    func position(of key: String, in members: [JSONObject.Member]) -> Int? {
        if slots.isEmpty { return members.firstIndex { JSONKeyIndex.same($0.key, key) } }
        let at = slot(of: key, in: members)
        return slots[at] == 0 ? nil : slots[at] - 1
    }

    /// Takes note of the last of `members`; false if an earlier one has its key.
    mutating func add(lastOf members: [JSONObject.Member]) -> Bool {
        guard let last = members.last else { return true }
        if slots.isEmpty, members.count <= JSONKeyIndex.searchLimit {
            return !members.dropLast().contains { JSONKeyIndex.same($0.key, last.key) }
        }
        if members.count * 2 > slots.count { rebuild(members.dropLast(), capacity: members.count * 4) }
        let at = slot(of: last.key, in: members)
        guard slots[at] == 0 else { return false }
        slots[at] = members.count
        return true
    }

    mutating func rebuild(_ members: some Collection<JSONObject.Member>, capacity: Int) {
        var size = 16
        while size < capacity { size *= 2 }
        slots = Array(repeating: 0, count: size)
        for (position, member) in members.enumerated() {
            var at = JSONKeyIndex.hash(member.key) & (size - 1)
            while slots[at] != 0 { at = (at + 1) & (size - 1) }
            slots[at] = position + 1
        }
    }

    private func slot(of key: String, in members: [JSONObject.Member]) -> Int {
        var at = JSONKeyIndex.hash(key) & (slots.count - 1)
        while slots[at] != 0, !JSONKeyIndex.same(members[slots[at] - 1].key, key) { at = (at + 1) & (slots.count - 1) }
        return at
    }

    /// Seeded anew in each process, so that no file can be made of keys that collide.
    private static func hash(_ key: String) -> Int {
        var key = key
        var hasher = Hasher()
        key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return hasher.finalize()
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }
}
