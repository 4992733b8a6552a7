/// How many bits a trit takes in the memory of a device, and how it lies there.
public enum Packing: String, CaseIterable, Sendable {
    /// log2 3 bits: the least that trits of equal frequency can take; a bound, which no hardware unpacks.
    case ideal = "1.585"
    /// Five trits a byte, as the digits of a number in base 3.
    case fives = "1.6"
    /// Three trits in five bits.
    case triples = "1.667"
    /// Two bits a trit: 0, 1, 2 for -1, 0, +1, low bits first, as containers hold them.
    case pairs = "2"
    /// A byte a trit.
    case bytes = "8"

    /// Bits a trit.
    public var bits: Double {
        switch self {
        case .ideal: 1.584962500721156
        case .fives: 1.6
        case .triples: 5.0 / 3
        case .pairs: 2
        case .bytes: 8
        }
    }
}
