import Basis
import Toolkit

/// What `TranscendRun` found, for people and as JSON.
public struct TranscendReport {
    let plan: TranscendPlan
    let arms: [TranscendArm]

    public func printed(json: Bool) -> String {
        if json { return records.map { JSON.object($0).compact + "\n" }.joined() }
        return arms.map(text).joined(separator: "\n")
    }

    private func text(_ arm: TranscendArm) -> String {
        let head = ["temperature", "accuracy", "error", "over the best expert", "95 % interval", ""]
        let rows = TranscendPlan.temperatures.indices.map { index in
            let accuracy = arm.accuracy(index), gain = arm.gain(index)
            let interval = gain.interval.map { "\(decimal($0.lowerBound, 4)) to \(decimal($0.upperBound, 4))" }
            return [
                "\(TranscendPlan.temperatures[index])", decimal(accuracy.value, 4), accuracy.error.map { decimal($0, 4) } ?? "-",
                decimal(gain.value, 4), interval ?? "-", gain.interval.map { $0.lowerBound > 0 ? "transcends" : "" } ?? "",
            ]
        }
        let (best, mean, ceiling) = (arm.best, arm.mean, arm.ceiling)
        return "\(arm.experiment.rawValue), \(arm.name): \(arm.outcomes.count) \(arm.outcomes.count == 1 ? "seed" : "seeds"); "
            + "experts \(decimal(mean.value, 4)), the best \(decimal(best.value, 4)), most of them together \(decimal(ceiling.value, 4))\n"
            + table([head] + rows, rightAligned: Set(0...4))
    }

    /// One for each temperature of each arm; bench(1) lists the members.
    private var records: [JSONObject] {
        arms.flatMap { arm in
            TranscendPlan.temperatures.enumerated().map { index, temperature in
                var record: JSONObject = [
                    "record": "transcend", "version": .string(ternVersion), "experiment": .string(arm.experiment.rawValue),
                    "arm": .string(arm.name), "seeds": .integer(arm.outcomes.count), "seed": .string("\(plan.seed)"),
                    "temperature": .number(temperature),
                ]
                record.add("accuracy", arm.accuracy(index))
                record.add("best_expert", arm.best)
                record.add("mean_expert", arm.mean)
                record.add("ceiling", arm.ceiling)
                record.add(difference: arm.gain(index))
                return record
            }
        }
    }

    /// The gain over the temperature.
    public var plot: TranscendPlot {
        get throws { TranscendPlot(try TranscendCurve.all(in: Array(printed(json: true).utf8))) }
    }
}

extension TranscendArm {
    func accuracy(_ temperature: Int) -> Estimate { Estimate(mean: outcomes.map { $0.accuracies[temperature] }) }

    /// By how much more it is right than the best expert of its seed, seed by seed.
    func gain(_ temperature: Int) -> Estimate { Estimate(mean: outcomes.map { $0.accuracies[temperature] - $0.best }) }

    var best: Estimate { Estimate(mean: outcomes.map(\.best)) }
    var mean: Estimate { Estimate(mean: outcomes.map(\.mean)) }
    var ceiling: Estimate { Estimate(mean: outcomes.map(\.ceiling)) }
}
