extension Session {
    /// Memory that its states take, in bytes; what it shares with forks is counted in each of them.
    public var bytes: Int {
        slots.reduce(0) { sum, slot in
            switch slot {
            case .floats(let slot): sum + slot.count * MemoryLayout<Float>.size
            case .pages(let pages): sum + pages.byteCount
            }
        }
    }
}
