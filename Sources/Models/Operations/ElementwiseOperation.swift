import Basis

/// An operation without attributes or weight, on `arity` inputs of one width: each number of its output comes from those in the same place.
public protocol ElementwiseOperation: Operation {
    static var arity: Int { get }
    init()
}

extension ElementwiseOperation {
    public init(attributes: AttributeReader) throws {
        try attributes.only()
        self.init()
    }

    public var attributes: JSONObject { [:] }

    public func form(of inputs: [Form]) throws -> Form { .floats(try commonWidth(inputs, count: Self.arity)) }
}
