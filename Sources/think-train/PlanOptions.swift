import ArgumentParser
import Basis
import Learning

/// Options that decide what is learnt and how. None has a value unless it is given, so that a run that goes on can tell what was said anew.
struct PlanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Learn by the method <name>, with options as in name:key=value,..; lm if not given.", valueName: "name"))
    var method: String?

    @Option(help: ArgumentHelp("Take <n> steps; 1000 if not given.", valueName: "n"))
    var steps: Int?

    @Option(help: ArgumentHelp("Learn from <n> windows at once; 8 if not given.", valueName: "n"))
    var batch: Int?

    @Option(help: ArgumentHelp("Windows of <n> tokens; 256 if not given.", valueName: "n"))
    var context: Int?

    @Option(help: ArgumentHelp("Add up the gradients of <n> batches before each step; 1 if not given.", valueName: "n"))
    var accumulate: Int?

    @Option(help: ArgumentHelp("The largest learning rate <x>; 0.001 if not given.", valueName: "x"))
    var rate: Double?

    @Option(help: ArgumentHelp("How the rate goes: constant, linear, cosine or halving; cosine if not given.", valueName: "name"))
    var schedule: Schedule?

    @Option(help: ArgumentHelp("Let the rate rise over the first <n> steps; none if not given.", valueName: "n"))
    var warmup: Int?

    @Option(help: ArgumentHelp("Let weights decay by the rate times <x>; 0.1 if not given.", valueName: "x"))
    var decay: Double?

    @Option(help: ArgumentHelp("AdamW's decay of the mean gradient; 0.9 if not given.", valueName: "x"))
    var beta1: Double?

    @Option(help: ArgumentHelp("AdamW's decay of the mean squared gradient; 0.95 if not given.", valueName: "x"))
    var beta2: Double?

    @Option(help: ArgumentHelp("What AdamW adds to the root of that; 1e-8 if not given.", valueName: "x"))
    var epsilon: Double?

    @Option(help: ArgumentHelp("Clip gradients to the norm <x>, 0 for none; 1 if not given.", valueName: "x"))
    var clip: Double?

    @Option(help: ArgumentHelp("The share <x> of the data that is never learnt from; 0.05 if not given.", valueName: "x"))
    var heldOut: Double?

    @Option(help: ArgumentHelp("The seed <n> of all draws; 0 if not given.", valueName: "n"))
    var seed: UInt64?

    func validate() throws {
        for (name, value) in [("steps", steps), ("batch", batch), ("context", context)] {
            guard (1...1 << 30).contains(value ?? 1) else { throw ValidationError("--\(name) takes a positive number") }
        }
        guard (0...1 << 30).contains(warmup ?? 0) else { throw ValidationError("--warmup takes a number of steps") }
        guard (1...1 << 20).contains(accumulate ?? 1) else { throw ValidationError("--accumulate takes a number of 1 to 1048576") }
        for (name, value) in [("rate", rate), ("decay", decay), ("clip", clip)] {
            guard let value else { continue }
            guard value.isFinite, value >= 0 else { throw ValidationError("--\(name) takes a number that is not negative") }
        }
        guard (epsilon ?? 1).isFinite, epsilon ?? 1 > 0 else { throw ValidationError("--epsilon takes a positive number") }
        for (name, value) in [("beta1", beta1), ("beta2", beta2), ("held-out", heldOut)] {
            guard (0..<1).contains(value ?? 0) else { throw ValidationError("--\(name) takes a number of 0 to less than 1") }
        }
    }

    /// A plan with what was given in the place of what it says.
    func applied(to plan: TrainingPlan) -> TrainingPlan {
        var plan = plan
        if let method { plan.method = method }
        if let steps { plan.steps = steps }
        if let batch { plan.batch = batch }
        if let context { plan.context = context }
        if let accumulate { plan.accumulate = accumulate }
        if let rate { plan.rate = rate }
        if let schedule { plan.schedule = schedule }
        if let warmup { plan.warmup = warmup }
        if let heldOut { plan.heldOut = heldOut }
        if let seed { plan.seed = seed }
        plan.optimiser = applied(to: plan.optimiser)
        return plan
    }

    private func applied(to optimiser: AdamW.Options) -> AdamW.Options {
        var optimiser = optimiser
        if let beta1 { optimiser.beta1 = beta1 }
        if let beta2 { optimiser.beta2 = beta2 }
        if let epsilon { optimiser.epsilon = epsilon }
        if let decay { optimiser.decay = decay }
        if let clip { optimiser.clip = clip }
        return optimiser
    }
}

extension Schedule: ExpressibleByArgument {}

/// Options that change nothing of what is learnt.
struct ReportingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write a checkpoint after every <n> steps.", valueName: "n"))
    var saveEvery = 100

    @Option(help: ArgumentHelp("Measure the loss of what is held out after every <n> steps; 0 for at the end only.", valueName: "n"))
    var evaluateEvery = 100

    @Option(help: ArgumentHelp("Measure it on at most <n> windows.", valueName: "n"))
    var evaluateWindows = 64

    func validate() throws {
        guard saveEvery > 0 else { throw ValidationError("--save-every takes a positive number") }
        guard evaluateEvery >= 0 else { throw ValidationError("--evaluate-every takes a number of steps") }
        guard evaluateWindows > 0 else { throw ValidationError("--evaluate-windows takes a positive number") }
    }
}
