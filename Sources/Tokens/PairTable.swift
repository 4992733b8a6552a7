/// A hash table from 64-bit keys to 64-bit values, made once and then read often: the merges of a BPE model, the nodes of a trie.
struct PairTable: Sendable {
    private struct Slot: Sendable {
        var key: UInt64 = PairTable.empty
        var value: UInt64 = PairTable.missing
    }

    private static let empty = UInt64.max
    /// What a key that is not there has; no value may be it.
    static let missing = UInt64.max

    private var slots: [Slot]
    private var used = 0
    private var shift: UInt64
    /// Random, so that no file can be made whose keys collide.
    private let seed = UInt64.random(in: 0...(.max))

    /// Room for `count` keys.
    init(capacity count: Int) {
        var bits: UInt64 = 4
        while 1 << bits < count * 2 { bits += 1 }
        slots = Array(repeating: Slot(), count: 1 << bits)
        shift = 64 - bits
    }

    /// Two 32-bit numbers, not both all ones.
    @inline(__always) static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    @inline(__always) private func home(_ key: UInt64) -> Int {
        let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: ((product.high ^ product.low) &* 0xD6E8_FEB8_6659_FD93) >> shift)
    }

    @inline(__always) subscript(key: UInt64) -> UInt64 {
        slots.withUnsafeBufferPointer { slots in
            var at = home(key)
            while true {
                let slot = slots[at]
                if slot.key == key || slot.key == PairTable.empty { return slot.value }
                at = (at + 1) & (slots.count - 1)
            }
        }
    }

    /// Sets the value of `key`, over an older one if there is one.
    mutating func set(_ key: UInt64, _ value: UInt64) {
        if used * 2 >= slots.count { grow() }
        var at = home(key)
        while slots[at].key != PairTable.empty, slots[at].key != key { at = (at + 1) & (slots.count - 1) }
        if slots[at].key == PairTable.empty { used += 1 }
        slots[at] = Slot(key: key, value: value)
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        shift -= 1
        used = 0
        for slot in old where slot.key != PairTable.empty { set(slot.key, slot.value) }
    }
}
