/// Different strings of bytes, numbered in the order in which they came, and found by their bytes.
struct ByteStrings: Sendable {
    /// One after another.
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    /// Open addressing: number + 1, or 0; at most half in use.
    private var slots: [Int]

    /// How many strings there are.
    var count: Int { starts.count - 1 }
    /// The bytes of all strings together.
    var size: Int { bytes.count }

    init(capacity: Int) {
        starts.reserveCapacity(capacity + 1)
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    subscript(number: Int) -> ArraySlice<UInt8> { bytes[starts[number]..<starts[number + 1]] }

    /// The number of `string`; nil if it is not there.
    func number(of string: Bytes) -> Int? {
        let number = slots[slot(of: string)] - 1
        return number < 0 ? nil : number
    }

    /// The number of `string`, which is added if it is not there.
    mutating func insert(_ string: Bytes) -> Int {
        if (count + 1) * 2 > slots.count { grow() }
        let slot = slot(of: string)
        if slots[slot] == 0 {
            bytes += string
            starts.append(bytes.count)
            slots[slot] = count
        }
        return slots[slot] - 1
    }

    /// Where `string` stands in the table, or would.
    private func slot(of string: Bytes) -> Int {
        var at = ByteStrings.hash(string) & (slots.count - 1)
        while slots[at] != 0, !equal(slots[at] - 1, string) { at = (at + 1) & (slots.count - 1) }
        return at
    }

    private func equal(_ number: Int, _ string: Bytes) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == string.count else { return false }
        for index in 0..<string.count where bytes[start + index] != string[index] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in 0..<count {
            var at = self[number].withUnsafeBufferPointer { ByteStrings.hash($0) } & (slots.count - 1)
            while slots[at] != 0 { at = (at + 1) & (slots.count - 1) }
            slots[at] = number + 1
        }
    }

    /// Seeded anew in each process, so that no file can be made of strings that collide.
    private static func hash(_ string: Bytes) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(string))
        return hasher.finalize()
    }
}
