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
            let scale = mean(UnsafeBufferPointer(rest), kernels)
            return (scale, scale / 2)
        }
    }

    /// Of all levels the sum is the same.
    private static let kernels = Kernels.best

    private static func mean(_ weights: UnsafeBufferPointer<Float>, _ kernels: Kernels) -> Float {
        guard let start = weights.baseAddress else { return 0 }
        return Float((kernels.sumOfMagnitudes(start, element: .float32, count: weights.count) ?? 0) / Double(max(1, weights.count)))
    }

    public static func ternarise(
        _ weights: UnsafeBufferPointer<Float>, codes: UnsafeMutablePointer<UInt8>, _ kernels: Kernels
    ) -> Float16? {
        guard let start = weights.baseAddress else { return 0 }
        let scale = mean(weights, kernels)
        _ = kernels.ternarise(start, scale: scale > 0 ? 1 / scale : 0, width: weights.count, into: codes)
        return Float16(min(scale, Float(Float16.greatestFiniteMagnitude)))
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
