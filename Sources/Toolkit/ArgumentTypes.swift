import ArgumentParser
import Tensors

extension IntegerBits: ExpressibleByArgument {
    public init?(argument: String) { self.init(named: argument) }
    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension CacheElement: ExpressibleByArgument {}
