/// What a template may take. A template that wants more fails.
public struct TemplateLimits: Sendable {
    /// Steps: expressions evaluated, characters made; and so many more for each character of the input.
    public var fuel = 4_000_000
    public var fuelForInput = 100
    /// Characters of the output; and so many more for each of the input.
    public var output = 1_000_000
    public var outputForInput = 8

    public init() {}

    /// The same with what is due for an input of so many characters.
    func with(input: Int) -> TemplateLimits {
        var limits = self
        (limits.fuel, limits.fuelForInput) = (fuel + fuelForInput * input, 0)
        (limits.output, limits.outputForInput) = (output + outputForInput * input, 0)
        return limits
    }

    /// How deep expressions, blocks and calls may be nested, in the template and while it runs.
    static let nesting = 64
    static let calls = 400
    /// How deep lists and objects may be nested.
    static let valueDepth = 100
    /// Bytes of a template.
    static let templateSize = 4 << 20
}
