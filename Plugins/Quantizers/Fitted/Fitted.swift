import Models

/// Scales, a shift and trits by turns, until no turn makes the error less: given the trits, scales and shift are those of least squares
/// (for one plane the iterative ternary fitting of PT²-LLM, 2025; for several with free scales that of PTQTP, 2025; with tied ones a search
/// for the step of a uniform quantiser); given these, trits are the nearest. Where a metric tells what errors cost, least squares are taken
/// in it: scales that fit the activations (activation-aware grid alignment, PT²-LLM), and trits make up for each other's errors.
public struct Fitted: Quantiser {
    public static let name = "fitted"

    public static func check(_ form: PlaneForm) throws {}

    public static func grid(for weights: UnsafeBufferPointer<Float>, _ form: PlaneForm, _ metric: SpanMetric?) -> PlaneGrid {
        let plain = starts(weights, form).map { SpanFit(weights, nil).refined($0) }.min { $0.cost < $1.cost }
        let grid = plain?.grid ?? PlaneGrid(form, scales: Array(repeating: 0, count: form.scaleCount))
        return metric.map { SpanFit(weights, $0).refined(grid).grid } ?? grid
    }

    /// Steps of a uniform quantiser around the best ones for normally distributed weights, in standard deviations, by the number of planes.
    private static let steps: [[Float]] = [[0.9, 1.22, 1.6], [0.42, 0.53, 0.67], [0.16, 0.21, 0.28]]

    private static func starts(_ weights: UnsafeBufferPointer<Float>, _ form: PlaneForm) -> [PlaneGrid] {
        let count = Double(max(1, weights.count)), mean = form.hasShift ? weights.reduce(0.0) { $0 + Double($1) } / count : 0
        let deviation = Float((weights.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count).squareRoot())
        let largest = weights.reduce(Float(0)) { max($0, abs($1 - Float(mean))) }
        let all = steps[form.count - 1].map { $0 * deviation } + [largest / Float(form.levels / 2)]
        return all.map { step in
            let scales = form.isTied ? [step] : (0..<form.count).map { step * [9, 3, 1][3 - form.count + $0] }
            return PlaneGrid(form, scales: scales, shift: Float(mean))
        }
    }
}
