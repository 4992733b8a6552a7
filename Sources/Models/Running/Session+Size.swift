extension Session {
    /// Memory that its states take, in bytes; what it shares with forks is counted in each of them.
    public var bytes: Int { slots.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }
}
