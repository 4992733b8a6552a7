import ArgumentParser

/// A list of whole numbers, each once: `1,2,4`.
public struct Numbers: ExpressibleByArgument, CustomStringConvertible {
    public let values: [Int]

    public init(_ values: [Int]) { self.values = values }

    public init?(argument: String) {
        let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard values.allSatisfy({ $0 >= 0 }), Set(values).count == values.count else { return nil }
        self.init(values)
    }

    /// Refuses other numbers.
    public func check(_ option: String, _ range: ClosedRange<Int>) throws {
        guard values.allSatisfy(range.contains) else {
            throw ValidationError("\(option) takes numbers of \(range.lowerBound) to \(range.upperBound)")
        }
    }

    public var description: String { values.map(String.init).joined(separator: ",") }
    public var defaultValueDescription: String { description }
}
