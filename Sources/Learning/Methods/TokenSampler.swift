import Models
import Tensors

/// Chooses the tokens of thoughts and rationales.
public struct TokenSampler {
    private let kernels: Kernels
    private let threads: ThreadPool
    private let temperature: Double
    private let banned: [Int]

    /// A temperature of 0 takes the likeliest token, of several the one with the lowest id; `banned` ones are never chosen.
    public init(kernels: Kernels, threads: ThreadPool, temperature: Double, banned: [Int] = []) {
        (self.kernels, self.threads, self.temperature, self.banned) = (kernels, threads, temperature, banned)
    }

    /// A seed for the draw at a place, of those that begin with `seed`.
    public static func seed(_ seed: UInt64, _ place: [Int]) -> UInt64 {
        place.reduce(seed) { ($0 ^ UInt64(truncatingIfNeeded: $1)) &* 0x9e37_79b9_7f4a_7c15 &+ 0x632b_e59b_d9b4_e019 }
    }

    /// A token for each row of logits, drawn by a seed of its own, so that no row's depends on another's.
    public func tokens(_ logits: Rows, seeds: [UInt64]) -> [Int32] {
        [Int32](unsafeUninitializedCapacity: logits.count) { tokens, count in
            nonisolated(unsafe) let tokens = tokens
            threads.parallel(logits.count, grain: max(1, 16384 / logits.width)) { part in
                for row in part { tokens[row] = token(logits[row], logits.width, seeds[row]) }
            }
            count = logits.count
        }
    }

    private func token(_ logits: UnsafeMutablePointer<Float>, _ width: Int, _ seed: UInt64) -> Int32 {
        for id in banned where id < width { logits[id] = -.infinity }
        var largest = 0
        for id in 0..<width where logits[id] > logits[largest] { largest = id }
        guard temperature > 0 else { return Int32(largest) }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { shares in
            guard let start = shares.baseAddress else { return Int32(largest) }
            let total = kernels.exponentials(
                logits, largest: logits[largest], factor: Float(1 / temperature), count: width, into: start)
            var random = Random(seed: seed), left = random.uniformDouble() * total
            for id in 0..<width {
                left -= Double(shares[id])
                if left < 0 { return Int32(id) }
            }
            return Int32(largest)
        }
    }
}
