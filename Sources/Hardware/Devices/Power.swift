/// Watts of a chip.
struct Power: Hashable, Sendable {
    /// Always.
    let idle: Quantity?
    /// While it works, what it takes always included.
    let busy: Quantity?
    /// Of what it is plugged into, once.
    let host: Quantity?
}
