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

    /// Operations that software unpacks a trit with, where numbers lie side by side in a word: a shift and a mask for two bits; a look-up
    /// among 27 and a shift for three trits in five bits; a product by three, a shift and a mask for a digit; more for the bound, of which
    /// an arithmetic decoder is the least.
    public var unpackingOperations: Double {
        switch self {
        case .bytes: 0
        case .pairs, .triples: 2
        case .fives: 3
        case .ideal: 12
        }
    }

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
