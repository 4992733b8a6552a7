/// Linear least squares of relative errors with factors that are never negative: what makes Σ ((Σ f_i x_i - v) / v)² least over x ≥ 0.
///
/// For a handful of unknowns: every subset of them is tried, the best feasible one is the solution (Lawson and Hanson 1974, chapter 23).
public enum LeastSquares {
    /// One equation: factors of the unknowns, and the value that they should give, which is positive.
    public struct Row: Sendable {
        public let factors: [Double]
        public let value: Double

        public init(factors: [Double], value: Double) { (self.factors, self.value) = (factors, value) }
    }

    /// The unknowns; those that no row asks for are 0. Fails without rows.
    public static func relative(_ rows: [Row]) throws -> [Double] {
        guard let count = rows.first?.factors.count, count > 0, count <= 8, rows.allSatisfy({ $0.factors.count == count && $0.value > 0 })
        else { throw Failure("there is nothing to fit to") }
        let scaled = rows.map { row in row.factors.map { $0 / row.value } }
        var best = [Double](repeating: 0, count: count), least = Double(rows.count)
        for subset in 1..<(1 << count) {
            let chosen = (0..<count).filter { subset >> $0 & 1 == 1 }
            guard let part = solve(scaled, chosen), part.allSatisfy({ $0 >= 0 }) else { continue }
            var x = [Double](repeating: 0, count: count)
            for (place, value) in zip(chosen, part) { x[place] = value }
            let error = scaled.reduce(0) { sum, row in
                let residual = zip(row, x).reduce(-1) { $0 + $1.0 * $1.1 }
                return sum + residual * residual
            }
            if error < least { (best, least) = (x, error) }
        }
        return best
    }

    /// The normal equations of some columns towards 1, each column brought to length 1 first; nil where they have no one solution.
    private static func solve(_ rows: [[Double]], _ columns: [Int]) -> [Double]? {
        let lengths = columns.map { column in rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot() }
        guard lengths.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let unit = rows.map { row in zip(columns, lengths).map { row[$0] / $1 } }
        let size = columns.count
        let matrix = (0..<size).map { i in
            (0..<size).map { j in unit.reduce(0) { $0 + $1[i] * $1[j] } } + [unit.reduce(0) { $0 + $1[i] }]
        }
        return solution(of: matrix).map { zip($0, lengths).map { $0 / $1 } }
    }

    /// What solves as many linear equations as there are unknowns, rows of factors with the value last, by Gaussian elimination with the
    /// largest pivot of each column; nil where a pivot is next to nothing.
    public static func solution(of system: [[Double]]) -> [Double]? {
        var rows = system
        let size = rows.count
        for column in 0..<size {
            guard let pivot = (column..<size).max(by: { rows[$0][column].magnitude < rows[$1][column].magnitude }),
                rows[pivot][column].magnitude > 1e-12
            else { return nil }
            rows.swapAt(column, pivot)
            for row in 0..<size where row != column {
                let factor = rows[row][column] / rows[column][column]
                for place in column...size { rows[row][place] -= factor * rows[column][place] }
            }
        }
        return (0..<size).map { rows[$0][size] / rows[$0][$0] }
    }
}
