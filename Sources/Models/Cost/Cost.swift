/// What a computation takes, by kind, independent of any machine. Devices turn it into time and energy.
public struct Cost: Hashable, Sendable {
    /// Additions and subtractions of numbers.
    public var additions = 0
    public var multiplications = 0
    public var divisions = 0
    public var exponentials = 0
    public var squareRoots = 0
    /// Comparisons: maxima, magnitudes, roundings.
    public var comparisons = 0
    /// An activation added, subtracted or skipped, as a trit says.
    public var accumulations = 0
    /// Bytes of session state read and written.
    public var stateBytes = 0
    /// Bytes of activations read and written, between one operation and the next.
    public var activationBytes = 0
    /// Bits of weights read, each once a pass however many tokens share it.
    public var weightBits = 0

    public init(
        additions: Int = 0, multiplications: Int = 0, divisions: Int = 0, exponentials: Int = 0, squareRoots: Int = 0,
        comparisons: Int = 0, accumulations: Int = 0, stateBytes: Int = 0
    ) {
        self.additions = additions
        self.multiplications = multiplications
        self.divisions = divisions
        self.exponentials = exponentials
        self.squareRoots = squareRoots
        self.comparisons = comparisons
        self.accumulations = accumulations
        self.stateBytes = stateBytes
    }

    /// The kinds by name, in the order in which reports list them.
    public static var kinds: [(name: String, path: WritableKeyPath<Cost, Int>)] {
        [
            ("additions", \.additions), ("multiplications", \.multiplications), ("divisions", \.divisions),
            ("exponentials", \.exponentials), ("square roots", \.squareRoots), ("comparisons", \.comparisons),
            ("accumulations", \.accumulations), ("state bytes", \.stateBytes), ("activation bytes", \.activationBytes),
            ("weight bits", \.weightBits),
        ]
    }

    public static func + (a: Cost, b: Cost) -> Cost {
        var sum = a
        for (_, kind) in kinds { sum[keyPath: kind] += b[keyPath: kind] }
        return sum
    }

    public static func * (count: Int, a: Cost) -> Cost {
        var product = a
        for (_, kind) in kinds { product[keyPath: kind] *= count }
        return product
    }
}
