import Glibc

/// A share of a peak that depends on a size: measured at some sizes, in between a line over the logarithm of the size, outside as at the
/// nearest (the breakpoints of Isaev et al. 2023, "Calculon").
public struct Curve: Hashable, Sendable {
    /// Sizes that rise, and the share reached at each.
    let points: [(size: Double, share: Double)]
    let kind: Quantity.Kind
    let source: String
    let path: String

    /// Less than the least is no share that anybody would measure.
    static let shares = 1e-4...1.0

    func share(at size: Double) -> Double {
        guard let first = points.first, let last = points.last else { return 1 }
        guard size > first.size else { return first.share }
        guard let above = points.firstIndex(where: { $0.size >= size }), above > 0 else { return last.share }
        let (a, b) = (points[above - 1], points[above])
        return a.share + (b.share - a.share) * log(size / a.size) / log(b.size / a.size)
    }

    public static func == (a: Curve, b: Curve) -> Bool {
        a.points.elementsEqual(b.points, by: ==) && a.kind == b.kind && a.source == b.source && a.path == b.path
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(path) }
}
