/// A level of memory of one chip.
public struct MemoryLevel: Hashable, Sendable {
    public let name: String
    let capacity: Quantity
    var bandwidth: Quantity
    /// Joules a bit that is read or written: of the device's file, or else of the energy table.
    var energy: Quantity?
    /// What the energy table calls this kind of memory.
    let type: String?
    /// The share of the bandwidth that a transfer of so many bytes reaches.
    let efficiency: Curve?
    /// Whether weights may lie in it.
    let holdsWeights: Bool
}
