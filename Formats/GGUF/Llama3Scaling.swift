import Basis
import Glibc

/// Llama 3's stretching of slow rotations, which GGUF holds as a factor of each frequency, in a tensor `rope_freqs.weight`, and Hugging
/// Face as four numbers. The numbers are those of Llama 3.1 and later but for the factor: whether they give the tensor is checked.
struct Llama3Scaling {
    let factor: Float
    let original: Int
    private static let (low, high): (Float, Float) = (1, 4)

    /// `factors` are those of the frequencies θ^(-2j / width).
    init(_ factors: [Float], base: Float, width: Int, original: Int) throws {
        (factor, self.original) = (factors.max() ?? 1, original)
        guard factors.count == width / 2, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw Failure("tensor 'rope_freqs.weight' is not \(width / 2) positive numbers")
        }
        for (index, given) in factors.enumerated() {
            let expected = expected(frequency: pow(base, -2 * Float(index) / Float(width)))
            guard abs(given - expected) <= 1e-4 * expected else {
                throw Failure("the factors in tensor 'rope_freqs.weight' are not Llama 3's, and others are not supported")
            }
        }
    }

    init(factor: Float, original: Int) { (self.factor, self.original) = (factor, original) }

    /// Those of the frequencies θ^(-2j / width).
    func factors(base: Float, width: Int) -> [Float] {
        (0..<width / 2).map { expected(frequency: pow(base, -2 * Float($0) / Float(width))) }
    }

    /// By what a frequency is divided: 1 for the fast ones, the factor for the slow ones, and between them a smooth step.
    private func expected(frequency: Float) -> Float {
        let length = 2 * Float.pi / frequency
        if length < Float(original) / Self.high { return 1 }
        if length > Float(original) / Self.low { return factor }
        let smooth = (Float(original) / length - Self.low) / (Self.high - Self.low)
        return 1 / ((1 - smooth) / factor + smooth)
    }

    var json: JSON {
        [
            "rope_type": "llama3", "factor": JSON(factor), "low_freq_factor": JSON(Self.low), "high_freq_factor": JSON(Self.high),
            "original_max_position_embeddings": .integer(original),
        ]
    }
}
