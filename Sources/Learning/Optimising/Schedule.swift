import Glibc

/// How the learning rate goes over a run, as shares of the largest.
public enum Schedule: String, CaseIterable, Sendable {
    case constant
    /// Falls to zero in a straight line.
    case linear
    /// Falls to zero along half a cosine (Loshchilov and Hutter 2017, "SGDR", without restarts).
    case cosine
    /// `cosine`, with every rate halved from midway on (Zhu et al. 2024, "Scalable MatMul-free Language Modeling", section 4.2, who found
    /// that ternary models gain by it).
    case halving

    /// The share of the largest rate at `step` of `steps`, the first of which is 0; over the first `warmup` steps it rises in a line.
    public func share(step: Int, of steps: Int, warmup: Int) -> Double {
        if step < warmup { return Double(step + 1) / Double(warmup) }
        let done = Double(step - warmup) / Double(max(1, steps - warmup))
        let cosine = 0.5 * (1 + cos(Double.pi * done))
        switch self {
        case .constant: return 1
        case .linear: return 1 - done
        case .cosine: return cosine
        case .halving: return 2 * step < steps ? cosine : cosine / 2
        }
    }
}
