import Basis
import Tensors

/// The numbers that a weight begins training with.
public enum InitialValues: Hashable, Sendable {
    case constant(Float)
    /// Normally distributed around zero.
    case normal(deviation: Double)
    /// Uniform in -bound ..< bound.
    case uniform(bound: Double)
    case given([Float])

    /// Uniform with a variance of 2·gain² / (columns + rows) (Glorot and Bengio 2010, equation 16).
    public static func xavier(_ weight: Weight, gain: Double) -> InitialValues {
        .uniform(bound: gain * (6 / Double(weight.rows + weight.columns)).squareRoot())
    }

    /// Fills `values`; the same ones for the same seed.
    public func fill(_ values: UnsafeMutableBufferPointer<Float>, seed: UInt64) {
        var random = Random(seed: seed)
        for index in values.indices {
            switch self {
            case .constant(let value): values[index] = value
            case .normal(let deviation): values[index] = Float(deviation) * random.normal()
            case .uniform(let bound): values[index] = Float(bound) * (2 * random.uniform() - 1)
            case .given(let given): values[index] = given[index]
            }
        }
    }
}
