import Basis
import Models
import Tensors

/// α = max(mean|W|, 10⁻⁵), T = clamp(round(W / α), -1, 1), one α a matrix (Ma et al. 2024, "The Era of 1-bit LLMs", equations 1 to 3;
/// the floor is that of the implementations). BitNet b1.58 and MatMul-free models are trained with this rule, so for them it loses
/// nothing.
public struct AbsMean: Quantiser {
    public static let name = "absmean"

    /// Without the floor, which is for matrices of noise; a span's scale is of its own size.
    public static func grid(for weights: UnsafeBufferPointer<Float>, _ form: PlaneForm, _ metric: SpanMetric?) -> PlaneGrid {
        PlaneGrid.residual(weights, form) { rest in
            let scale = Float(rest.reduce(0.0) { $0 + Double(abs($1)) } / Double(max(1, rest.count)))
            return (scale, scale / 2)
        }
    }

    public static func quantise(
        _ matrix: FloatMatrix, codes: UnsafeMutableRawBufferPointer, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> QuantisedMatrix {
        let sum = kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads) ?? .nan
        guard sum.isFinite else { throw Failure("holds a NaN or an infinity") }
        // The originals compute in float32: the reciprocal first, then the product.
        let inverse = 1 / max(Float(sum / Double(matrix.rows * matrix.columns)), 1e-5)
        let rowBytes = (matrix.columns + 3) / 4
        threads.parallel(matrix.rows, grain: max(1, 65536 / matrix.columns)) { part in
            kernels.ternarise(
                matrix.stored(part), element: matrix.element, columns: matrix.columns, scale: inverse,
                codes: UnsafeMutableRawBufferPointer(rebasing: codes[part.lowerBound * rowBytes..<part.upperBound * rowBytes]))
        }
        return QuantisedMatrix(scale: 1 / inverse)
    }
}
