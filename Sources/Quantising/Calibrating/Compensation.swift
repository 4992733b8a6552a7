/// How errors are made up for.
public struct Compensation: Sendable {
    /// λ as a share of the mean square of the activations.
    public var damping: Float = 0.01
    /// Whether columns with large activations are rounded first.
    public var isSorted = true
    /// How much of the way weights are moved towards the products of the model of floats, 0 to 1.
    public var asymmetry: Float = 1

    public init() {}
}
