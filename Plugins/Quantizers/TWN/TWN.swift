import Models

/// Δ = 0.75 mean|w|, T = sign(w) where |w| > Δ, otherwise 0, α = mean of |w| where T is not 0: close to the least squares that one plane
/// can have for weights that are normally distributed (Li, Zhang and Liu 2016, "Ternary weight networks", equations 5 and 6). Further
/// planes are fitted to what the ones before them leave.
public struct TWN: Quantiser {
    public static let name = "twn"

    public static func grid(for weights: UnsafeBufferPointer<Float>, _ form: PlaneForm, _ metric: SpanMetric?) -> PlaneGrid {
        PlaneGrid.residual(weights, form) { rest in
            let zone = Float(0.75 * rest.reduce(0.0) { $0 + Double(abs($1)) } / Double(max(1, rest.count)))
            var sum = 0.0, count = 0
            for weight in rest where abs(weight) > zone { (sum, count) = (sum + Double(abs(weight)), count + 1) }
            return (count > 0 ? Float(sum / Double(count)) : 0, zone)
        }
    }
}
