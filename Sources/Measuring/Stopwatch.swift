import Toolkit

/// Times a workload.
struct Stopwatch {
    /// Steps are done until so many seconds have passed, one at least.
    let seconds: Double
    let meter: EnergyMeter?

    struct Lap {
        let tokensPerSecond: Double
        let joulesPerToken: Double?
    }

    func lap(_ workload: any Workload) throws -> Lap {
        let energy = meter?.reading(), start = Progress.now
        var tokens = 0, passed = 0.0
        repeat {
            tokens += try workload.step()
            passed = Progress.now - start
        } while passed < seconds
        var joules: Double?
        if let meter, let energy { joules = meter.joules(from: energy, to: meter.reading()) / Double(tokens) }
        return Lap(tokensPerSecond: Double(tokens) / passed, joulesPerToken: joules)
    }
}
