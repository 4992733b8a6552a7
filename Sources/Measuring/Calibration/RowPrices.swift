import Basis
import Models

/// What operations on rows take on one thread, fitted to kernels that mix them.
struct RowPrices {
    /// Simple operations a second, and how many of them an exponential and a division take.
    var rate = 1e9
    var exponential = 10.0
    var division = 4.0

    init() {}

    /// Least squares of the relative errors of seconds over additions and the like, exponentials, and divisions and roots.
    init(_ kernels: [(cost: Cost, seconds: Double)]) throws {
        let rows = kernels.map { kernel in
            let cost = kernel.cost, simple = cost.additions + cost.multiplications + cost.comparisons
            return LeastSquares.Row(
                factors: [Double(simple), Double(cost.exponentials), Double(cost.divisions + cost.squareRoots)], value: kernel.seconds)
        }
        let fit = try LeastSquares.relative(rows)
        guard fit[0] > 0 else { throw Failure("cannot tell what an operation on a row takes: the kernels' times do not grow with them") }
        (rate, exponential, division) = (1 / fit[0], fit[1] / fit[0], fit[2] / fit[0])
    }
}
