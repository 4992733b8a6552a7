/// What connects the chips.
struct Link: Hashable, Sendable {
    var bandwidth: Quantity
    let latency: Quantity
    let energy: Quantity?
}
