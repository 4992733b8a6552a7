import Glibc
import Models
import Tensors

/// -log softmax(logits)[target], natural logarithm, and its gradient softmax(logits) - one-hot(target).
public struct CrossEntropy {
    private let kernels: Kernels
    private let threads: ThreadPool

    public init(kernels: Kernels, threads: ThreadPool) { (self.kernels, self.threads) = (kernels, threads) }

    /// The loss of each row of `logits`, and its gradient times the row's weight, written to `gradient`. A row whose target is negative
    /// has neither.
    public func callAsFunction(_ logits: Rows, targets: [Int32], weights: [Float], gradient: Rows) -> [Double] {
        each(logits, targets) { row, target in
            let loss = loss(logits[row], target, logits.width, into: gradient[row], factor: weights[row])
            gradient[row][target] -= weights[row]
            return loss
        }
    }

    /// The loss of each row of `logits`.
    public func callAsFunction(_ logits: Rows, targets: [Int32]) -> [Double] {
        each(logits, targets) { row, target in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.width) { scratch in
                scratch.baseAddress.map { loss(logits[row], target, logits.width, into: $0, factor: 1) } ?? 0
            }
        }
    }

    private func each(_ logits: Rows, _ targets: [Int32], _ loss: (Int, Int) -> Double) -> [Double] {
        [Double](unsafeUninitializedCapacity: targets.count) { losses, count in
            nonisolated(unsafe) let losses = losses
            threads.parallel(targets.count, grain: max(1, 16384 / logits.width)) { part in
                for row in part { losses[row] = targets[row] < 0 ? 0 : loss(row, Int(targets[row])) }
            }
            count = targets.count
        }
    }

    /// The loss; fills `shares` with `factor` times softmax(logits).
    private func loss(
        _ logits: UnsafePointer<Float>, _ target: Int, _ width: Int, into shares: UnsafeMutablePointer<Float>, factor: Float
    ) -> Double {
        let largest = largest(logits, width)
        let total = kernels.exponentials(logits, largest: largest, factor: 1, count: width, into: shares)
        let scale = factor / Float(total)
        for index in 0..<width { shares[index] *= scale }
        return log(total) - Double(logits[target] - largest)
    }

    private func largest(_ logits: UnsafePointer<Float>, _ width: Int) -> Float {
        let parts = (width + Kernels.maximaBlock - 1) / Kernels.maximaBlock
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: parts) { maxima in
            guard let start = maxima.baseAddress else { return 0 }
            kernels.maxima(logits, count: width, into: start)
            return maxima.reduce(-.infinity) { max($0, $1) }
        }
    }
}
