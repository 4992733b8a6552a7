import Basis
import Models

/// What operations on rows take on one thread, fitted to kernels that mix them.
package struct RowPrices {
    /// Simple operations a second, and how many of them an exponential, a division or a root takes. Gates have one of each for each number,
    /// so that no kernel tells them apart.
    package let rate: Double
    package let long: Double

    /// Least squares of the relative errors of seconds.
    package init(_ kernels: [(cost: Cost, seconds: Double)]) throws {
        let rows = kernels.map { kernel in
            let cost = kernel.cost, simple = cost.additions + cost.multiplications + cost.comparisons
            return LeastSquares.Row(
                factors: [Double(simple), Double(cost.exponentials + cost.divisions + cost.squareRoots)], value: kernel.seconds)
        }
        let fit = try LeastSquares.relative(rows)
        // Times of a busy machine may not grow with simple operations at all: then all are priced alike.
        guard fit[0] > 0 else {
            let operations = rows.reduce(0) { $0 + $1.factors.reduce(0, +) }
            (rate, long) = (operations / rows.reduce(0) { $0 + $1.value }, 1)
            return
        }
        (rate, long) = (1 / fit[0], fit[1] / fit[0])
    }
}
