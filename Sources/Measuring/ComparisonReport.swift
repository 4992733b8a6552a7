import Basis
import Toolkit

/// One side of a comparison as a report knows it.
struct ComparedSide {
    let name: String
    /// Nil for a command, of which nobody knows what it reads.
    private let work: [SpeedPoint.Phase: (Int) -> SpeedResult]?
    private let limits: LimitSamples

    init(_ contender: Contender, _ limits: LimitSamples) {
        (name, self.limits) = (contender.name.description, limits)
        guard let machine = contender.machine, let batch = contender.batch else {
            work = nil
            return
        }
        let threads = machine.threads.threads
        work = [
            .decode: { _ in SpeedResult(SpeedPoint(phase: .decode, threads: threads, batch: batch, context: 0), machine) },
            .prefill: { prompt in SpeedResult(SpeedPoint(phase: .prefill, threads: threads, batch: 1, context: prompt), machine) },
        ]
    }

    /// The shares of both limits that a rate is.
    func shares(_ phase: ComparedPhase, _ tokensPerSecond: Double) -> (read: Double, multiplyAdds: Double)? {
        guard let result = work?[phase.phase]?(phase.prompt) else { return nil }
        return (
            tokensPerSecond * result.bytesPerToken / limits.read.best,
            tokensPerSecond * result.multiplyAddsPerToken / limits.multiplyAdds.best
        )
    }
}

/// The pairs of one phase.
struct ComparedPhase {
    let phase: SpeedPoint.Phase
    let prompt: Int
    let pairs: [(a: Double, b: Double)]

    func rates(_ side: Int) -> Samples { Samples(pairs.map { side == 0 ? $0.a : $0.b }) }
}

/// What `ComparisonRun` found, for people and as JSON lines.
public struct ComparisonReport {
    let machine: MachineDescription
    let sides: [ComparedSide]
    let phases: [ComparedPhase]

    public func printed(json: Bool) -> String {
        json ? records.map { JSON.object($0).compact + "\n" }.joined() : text
    }

    private var text: String {
        let head = ["phase", "side", "tokens/s", "spread", "of reading", "of peak"]
        let names = table(zip(["A", "B"], sides).map { [$0, $1.name] })
        let rows = phases.flatMap { phase in sides.indices.map { row(phase, $0) } }
        return names + "\n" + table([head] + rows, rightAligned: Set(2...5)) + "\n" + phases.map(sentence).joined()
    }

    private func row(_ phase: ComparedPhase, _ side: Int) -> [String] {
        let rates = phase.rates(side), shares = sides[side].shares(phase, rates.best)
        return [
            phase.phase.rawValue, side == 0 ? "A" : "B", decimal(rates.best, 1), percent(rates.spread),
            shares.map { percent($0.read) } ?? "-", shares.map { percent($0.multiplyAdds) } ?? "-",
        ]
    }

    private func sentence(_ phase: ComparedPhase) -> String {
        guard let ratio = PairedRatio(phase.pairs) else { return "\(phase.phase.rawValue): too few pairs\n" }
        let interval = "\(decimal(ratio.lower, 3)) to \(decimal(ratio.upper, 3)) with \(percent(PairedRatio.confidence)) confidence"
        return "\(phase.phase.rawValue): \(ratio.sentence) (\(interval), \(phase.pairs.count) pairs)\n"
    }

    private var records: [JSONObject] {
        [machine.record] + phases.map { phase in
            var record: JSONObject = ["record": "comparison", "phase": .string(phase.phase.rawValue)]
            for (index, side) in ["a", "b"].enumerated() { add(sides[index], phase, index, prefix: side, to: &record) }
            let ratio = PairedRatio(phase.pairs)
            record["ratio"] = ratio.map { .number($0.estimate) } ?? .null
            record["lower"] = ratio.map { .number($0.lower) } ?? .null
            record["upper"] = ratio.map { .number($0.upper) } ?? .null
            record["confidence"] = .number(PairedRatio.confidence)
            record["verdict"] = .string((ratio?.verdict ?? .undecided).rawValue)
            return record
        }
    }

    private func add(_ side: ComparedSide, _ phase: ComparedPhase, _ index: Int, prefix: String, to record: inout JSONObject) {
        let rates = phase.rates(index), shares = side.shares(phase, rates.best)
        record[prefix] = .string(side.name)
        record["\(prefix)_tokens_per_second"] = .number(rates.best)
        record["\(prefix)_spread"] = .number(rates.spread)
        record["\(prefix)_samples"] = .array(rates.values.map(JSON.number))
        record["\(prefix)_share_of_read"] = shares.map { .number($0.read) } ?? .null
        record["\(prefix)_share_of_multiply_adds"] = shares.map { .number($0.multiplyAdds) } ?? .null
    }
}

extension PairedRatio {
    /// The verdict in words.
    var sentence: String {
        let times = decimal(estimate, 3)
        switch verdict {
        case .faster: return "A is faster, \(times) times as fast as B"
        case .slower: return "A is slower, \(times) times as fast as B"
        case .same: return "no difference shows between A and B, \(times) times as fast"
        case .undecided:
            let width = percent(max(upper, 1 / lower) - 1)
            return "the machine is too noisy to tell A from B: a difference of less than \(width) would not show"
        }
    }
}
