import Basis
import Models
import Tensors

/// AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2), on all latent weights alike:
/// p ← p·(1 - lr·λ) - lr·m̂ / (√v̂ + ε).
public final class AdamW {
    public struct Options: Hashable, Sendable {
        /// β₁ and β₂: how much of the mean gradient and of its mean square is kept.
        public var betas: (Double, Double) { (beta1, beta2) }
        public var beta1 = 0.9
        public var beta2 = 0.95
        public var epsilon = 1e-8
        /// λ.
        public var decay = 0.1
        /// The norm that all gradients together are scaled down to where it is larger; 0 leaves them.
        public var clip = 1.0

        public init() {}
    }

    public let options: Options
    /// Steps taken.
    public private(set) var steps = 0
    /// Means of the gradients and of their squares, laid out as the latent weights are.
    public let first: AlignedMemory
    public let second: AlignedMemory
    private let threads: ThreadPool

    public init(_ latents: Latents, _ options: Options, threads: ThreadPool) {
        (self.options, self.threads) = (options, threads)
        first = AlignedMemory(byteCount: latents.values.count * 4)
        second = AlignedMemory(byteCount: latents.values.count * 4)
        reset()
    }

    /// Goes on where a checkpoint left off.
    public func resume(steps: Int) { self.steps = steps }

    /// Forgets all steps.
    public func reset() {
        steps = 0
        for memory in [first, second] { memory.bytes.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// Numbers that a thread takes at once.
    private static let part = 1 << 15

    /// ‖g‖ over all gradients: sums of parts of fixed size, whatever the threads.
    public func gradientNorm(_ latents: Latents) -> Double {
        parts(of: latents.gradients) { sumOfSquares($0, $1) }.reduce(0, +).squareRoot()
    }

    /// Whether all weights are numbers.
    public func areFinite(_ latents: Latents) -> Bool {
        parts(of: latents.values) { values, part in
            var largest: UInt32 = 0
            for index in part { largest = max(largest, values[index].bitPattern & 0x7fff_ffff) }
            return largest
        }.allSatisfy { $0 < Float.infinity.bitPattern }
    }

    /// What becomes of each part of some numbers.
    private func parts<Result: BitwiseCopyable>(
        of numbers: UnsafeMutableBufferPointer<Float>, _ result: (UnsafeMutableBufferPointer<Float>, Range<Int>) -> Result
    ) -> [Result] {
        let parts = (numbers.count + Self.part - 1) / Self.part
        return [Result](unsafeUninitializedCapacity: parts) { results, count in
            nonisolated(unsafe) let results = results
            threads.parallel(parts) { range in
                for part in range { results[part] = result(numbers, part * Self.part..<min(numbers.count, (part + 1) * Self.part)) }
            }
            count = parts
        }
    }

    /// Moves the weights against the gradients, which are cleared; returns the gradients' norm before they were clipped.
    public func step(_ latents: Latents, rate: Double) -> Double {
        let norm = gradientNorm(latents)
        guard norm.isFinite else { return norm }
        steps += 1
        let scale = options.clip > 0 ? min(1, options.clip / (norm + 1e-6)) : 1
        let update = Update(options, steps: steps, rate: rate, scale: Float(scale))
        let count = latents.values.count, part = Self.part
        guard let p = latents.values.baseAddress, let g = latents.gradients.baseAddress,
            let m = first.bytes.bindMemory(to: Float.self).baseAddress, let v = second.bytes.bindMemory(to: Float.self).baseAddress
        else { return norm }
        threads.parallel((count + part - 1) / part) { range in
            let start = range.lowerBound * part, end = min(count, range.upperBound * part)
            update.apply(p + start, g + start, m + start, v + start, count: end - start)
        }
        return norm
    }

    private func sumOfSquares(_ x: UnsafeMutableBufferPointer<Float>, _ part: Range<Int>) -> Double {
        var lanes = SIMD8<Double>(repeating: 0)
        let whole = part.count / 8 * 8
        for start in stride(from: part.lowerBound, to: part.lowerBound + whole, by: 8) {
            for lane in 0..<8 { lanes[lane] += Double(x[start + lane]) * Double(x[start + lane]) }
        }
        var sum = lanes.sum()
        for index in part.lowerBound + whole..<part.upperBound { sum += Double(x[index]) * Double(x[index]) }
        return sum
    }
}

/// The numbers of one step, the corrections for means that began at zero taken in.
private struct Update {
    let beta1: Float, beta2: Float, epsilon: Float
    /// What is left of a weight after it has decayed.
    let kept: Float
    let rate: Float
    let inverseRoot: Float
    let scale: Float

    init(_ options: AdamW.Options, steps: Int, rate: Double, scale: Float) {
        (beta1, beta2, epsilon) = (Float(options.beta1), Float(options.beta2), Float(options.epsilon))
        kept = Float(1 - rate * options.decay)
        self.rate = Float(rate / (1 - power(options.beta1, steps)))
        inverseRoot = Float(1 / (1 - power(options.beta2, steps)).squareRoot())
        self.scale = scale
    }

    func apply(
        _ p: UnsafeMutablePointer<Float>, _ g: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
        _ v: UnsafeMutablePointer<Float>, count: Int
    ) {
        for index in 0..<count {
            let gradient = g[index] * scale
            m[index] = beta1 * m[index] + (1 - beta1) * gradient
            v[index] = beta2 * v[index] + (1 - beta2) * gradient * gradient
            p[index] = p[index] * kept - rate * m[index] / (v[index].squareRoot() * inverseRoot + epsilon)
            g[index] = 0
        }
    }
}

/// base to the power of `exponent`, the same bits on every machine.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}
