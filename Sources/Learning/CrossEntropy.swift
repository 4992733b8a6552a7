import Glibc
import Models
import Tensors

/// -log softmax(logits)[target], natural logarithm, and its gradient softmax(logits) - one-hot(target).
public struct CrossEntropy {
    private let kernels: Kernels
    private let threads: ThreadPool

    public init(kernels: Kernels, threads: ThreadPool) { (self.kernels, self.threads) = (kernels, threads) }

    /// The loss of each row of `logits`, and `weight` times its gradient written to `gradient`. A row whose target is negative has
    /// neither.
    public func callAsFunction(_ logits: Rows, targets: [Int32], weight: Float, gradient: Rows) -> [Double] {
        [Double](unsafeUninitializedCapacity: targets.count) { losses, count in
            nonisolated(unsafe) let losses = losses
            threads.parallel(targets.count, grain: max(1, 16384 / logits.width)) { part in
                for row in part {
                    let target = Int(targets[row])
                    losses[row] = target < 0 ? 0 : loss(logits[row], target, logits.width, weight, gradient[row])
                }
            }
            count = targets.count
        }
    }

    private func loss(
        _ logits: UnsafePointer<Float>, _ target: Int, _ width: Int, _ weight: Float, _ gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let largest = largest(logits, width)
        let total = kernels.exponentials(logits, largest: largest, factor: 1, count: width, into: gradient)
        let factor = weight / Float(total)
        for index in 0..<width { gradient[index] *= factor }
        gradient[target] -= weight
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
