/// A number with what it needs to be believed: its unit, where it comes from, and how it was come by.
public struct Quantity: Hashable, Sendable {
    /// How a number was come by.
    public enum Kind: String, CaseIterable, Sendable {
        case measured, vendor, claimed, derived, recalled
        /// Chosen without a source, in a file or on the command line.
        case assumed
    }

    /// In the base unit of its dimension.
    public let value: Double
    /// As the file has it: `1555 GB/s`.
    public let text: String
    public let kind: Kind
    public let source: String
    /// Where it stands in the file: `memories.HBM2.bandwidth`.
    public let path: String
    /// Whether the file gives the rate with half of the weights left out (2:4); `value` is the dense one.
    public let isSparse: Bool

    init(_ value: Double, text: String, kind: Kind, source: String, path: String, isSparse: Bool = false) {
        (self.value, self.text, self.kind, self.source, self.path, self.isSparse) = (value, text, kind, source, path, isSparse)
    }

    /// The same number made larger, for asking what it would bring.
    func scaled(by factor: Double) -> Quantity {
        Quantity(factor * value, text: "\(factor) x \(text)", kind: .assumed, source: source, path: path, isSparse: isSparse)
    }
}
