import Basis

/// Everything that decides how a run goes, but for the model it begins with and the data.
public struct TrainingPlan: Hashable, Sendable {
    /// The method with its options, as a command line spells them.
    public var method = "lm"
    /// Optimiser steps.
    public var steps = 1000
    /// Windows in a pass.
    public var batch = 8
    /// Tokens in a window.
    public var context = 256
    /// Passes whose gradients make one step.
    public var accumulate = 1
    /// The largest learning rate.
    public var rate = 1e-3
    public var schedule = Schedule.cosine
    /// Steps over which the rate rises.
    public var warmup = 0
    public var optimiser = AdamW.Options()
    public var seed: UInt64 = 0
    /// The share of the data that is never learnt from.
    public var heldOut = 0.05

    public init() {}

    /// Windows in a step.
    public var windowsPerStep: Int { batch * accumulate }

    /// Tokens that a pass goes through, those of a method that adds some left out.
    var tokensPerPass: Int { batch * context }
}

// As checkpoints and logs have it.
extension TrainingPlan {
    public var json: JSON {
        [
            "method": .string(method), "steps": .integer(steps), "batch": .integer(batch), "context": .integer(context),
            "accumulate": .integer(accumulate), "rate": .number(rate), "schedule": .string(schedule.rawValue), "warmup": .integer(warmup),
            "beta1": .number(optimiser.beta1), "beta2": .number(optimiser.beta2), "epsilon": .number(optimiser.epsilon),
            "decay": .number(optimiser.decay), "clip": .number(optimiser.clip), "seed": .string("\(seed)"), "held_out": .number(heldOut),
        ]
    }

    public init(_ json: JSON) throws {
        let reader = PlanReader(json)
        method = try reader.string("method")
        (steps, batch) = (try reader.integer("steps"), try reader.integer("batch"))
        (context, accumulate) = (try reader.integer("context"), try reader.integer("accumulate"))
        (rate, warmup, heldOut) = (try reader.number("rate"), try reader.integer("warmup"), try reader.number("held_out"))
        guard let schedule = Schedule(rawValue: try reader.string("schedule")), let seed = UInt64(try reader.string("seed")) else {
            throw Failure("has an unknown schedule or no seed")
        }
        (self.schedule, self.seed) = (schedule, seed)
        (optimiser.beta1, optimiser.beta2) = (try reader.number("beta1"), try reader.number("beta2"))
        (optimiser.epsilon, optimiser.decay, optimiser.clip) =
            (try reader.number("epsilon"), try reader.number("decay"), try reader.number("clip"))
        guard steps > 0, batch > 0, context > 0, accumulate > 0 else { throw Failure("has a plan of no steps") }
    }
}

private struct PlanReader {
    private let json: JSON
    init(_ json: JSON) { self.json = json }

    func string(_ key: String) throws -> String { try json[key]?.stringValue ?? missing(key) }
    func number(_ key: String) throws -> Double { try json[key]?.doubleValue ?? missing(key) }
    func integer(_ key: String) throws -> Int {
        guard let value = json[key]?.intValue, (0...1 << 40).contains(value) else { return try missing(key) }
        return value
    }

    private func missing<Value>(_ key: String) throws -> Value { throw Failure("says no '\(key)'") }
}
