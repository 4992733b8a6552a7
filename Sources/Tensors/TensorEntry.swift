import Basis

/// One tensor of a file: what it is called, what it holds, how many bytes that takes.
public struct TensorEntry: Hashable, Sendable {
    public let name: String
    public let element: ElementType
    /// Row-major, outermost first; empty for a single number.
    public let shape: [Int]
    /// Bytes of all elements together.
    public let byteCount: Int

    /// Refuses negative dimensions and sizes that do not fit in memory addresses.
    public init(name: String, element: ElementType, shape: [Int]) throws {
        var bytes = element.size
        for dimension in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { throw Failure("tensor '\(name)' has the impossible shape \(shape)") }
            bytes = product
        }
        (self.name, self.element, self.shape, self.byteCount) = (name, element, shape, bytes)
    }

    public var elementCount: Int { byteCount / element.size }
}
