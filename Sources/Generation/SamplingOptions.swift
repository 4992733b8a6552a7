import Basis

/// How the next token is chosen from the model's logits.
public struct SamplingOptions: Hashable, Sendable {
    /// Logits are divided by it; 0 takes the most likely token, the lowest id among equals.
    public var temperature = 0.8
    /// Only this many of the most likely tokens; 0 for all.
    public var topK = 40
    /// Only the most likely tokens whose probabilities together reach this (nucleus sampling, Holtzman et al. 2019); 1 for all.
    public var topP = 0.95
    /// Only tokens at least this many times as likely as the most likely one (Nguyen et al. 2024); 0 for all.
    public var minP = 0.0
    /// Logits of tokens that occurred before are divided by it if positive, else multiplied (Keskar et al. 2019); 1 for none.
    public var repetitionPenalty = 1.0
    public var seed: UInt64 = 0

    public init() {}

    public func check() throws {
        guard temperature >= 0, temperature.isFinite else { throw Failure("the temperature is \(temperature), expected 0 or more") }
        guard topK >= 0 else { throw Failure("top-k is \(topK), expected 0 or more") }
        guard topP > 0, topP <= 1 else { throw Failure("top-p is \(topP), expected more than 0 and at most 1") }
        guard minP >= 0, minP <= 1 else { throw Failure("min-p is \(minP), expected 0 to 1") }
        guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
            throw Failure("the repetition penalty is \(repetitionPenalty), expected more than 0")
        }
    }
}
