import Models
import Tensors
import Toolkit

/// A model's speed against what the machine can do at most, both measured in turns in one run.
public final class SpeedRun {
    private let plan: SpeedPlan
    private let model: LoadedModel
    private let meter: EnergyMeter?
    private var stages: [Stage] = []

    /// All that a number of threads does.
    private final class Stage {
        let machine: Machine
        var works: [Work]
        var limits = LimitSamples()

        init(_ machine: Machine, _ works: [Work]) { (self.machine, self.works) = (machine, works) }
    }

    /// What is done at one point, with what comes of it.
    private struct Work {
        let workload: any Workload
        var result: SpeedResult
    }

    public init(_ model: LoadedModel, _ plan: SpeedPlan, meter: EnergyMeter? = EnergyMeter()) throws {
        (self.model, self.plan, self.meter) = (model, plan, meter)
        for threads in Set(plan.threads).sorted() {
            let machine = try model.machine(threads: threads)
            let points = plan.points.filter { $0.threads == threads }
            stages.append(Stage(machine, try SpeedRun.works(points, machine, model.emptySession(cache: plan.cache))))
        }
    }

    /// Each has done one step, in which memory is had and filled.
    private static func works(_ points: [SpeedPoint], _ machine: Machine, _ start: Session) throws -> [Work] {
        var session = start
        return try points.sorted { $0.context < $1.context }.map { point in
            if point.phase == .prefill {
                let reading = PromptReading(machine, tokens: point.context, from: start)
                return Work(workload: reading, result: SpeedResult(point, machine))
            }
            if point.context > session.position {
                session = try PromptReading(machine, tokens: point.context - session.position, from: session).read()
            }
            let decoding = Decoding(machine, batch: point.batch, from: session)
            _ = try decoding.step()
            return Work(workload: decoding, result: SpeedResult(point, machine, stateBytes: point.context > 0 ? session.bytes : 0))
        }
    }

    /// Measures everything in turns, so that an hour's noise is spread over all of it. Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> SpeedReport {
        let limits = Limits(), total = plan.rounds * stages.reduce(0) { $0 + $1.works.count }
        let watch = Stopwatch(seconds: plan.seconds, meter: meter)
        var done = 0
        for _ in 0..<plan.rounds {
            for stage in stages {
                stage.limits.measure(limits, stage.machine, seconds: plan.seconds)
                for index in stage.works.indices {
                    try stage.works[index].result.note(watch.lap(stage.works[index].workload))
                    done += 1
                    progress(done, total)
                }
            }
        }
        return report
    }

    /// The results in the order of the plan.
    private var report: SpeedReport {
        let limits = stages.map { (threads: $0.machine.threads.threads, samples: $0.limits) }
        let results = stages.flatMap { $0.works.map(\.result) }
        return SpeedReport(
            model: model, limits: limits, results: plan.points.compactMap { point in results.first { $0.point == point } })
    }
}

/// What a machine's limits were found to be.
struct LimitSamples {
    /// Bytes a second.
    private(set) var read = Samples()
    /// int8 multiply-adds a second.
    private(set) var multiplyAdds = Samples()

    /// Measures them with the kernels and the threads of a machine.
    mutating func measure(_ limits: Limits, _ machine: Machine, seconds: Double) {
        read.append(limits.readRate(machine.kernels, machine.threads, seconds: seconds))
        multiplyAdds.append(limits.multiplyAddRate(machine.kernels, machine.threads, seconds: seconds))
    }
}

/// What was found at one point.
struct SpeedResult {
    let point: SpeedPoint
    private(set) var tokensPerSecond = Samples()
    private(set) var joulesPerToken = Samples()
    /// Of weights, as they lie in memory, and of what a text with a context remembers.
    let bytesPerToken: Double
    /// By trits.
    let multiplyAddsPerToken: Double

    /// `stateBytes` are what a text remembers.
    init(_ point: SpeedPoint, _ machine: Machine, stateBytes: Int = 0) {
        self.point = point
        switch point.phase {
        case .prefill:
            bytesPerToken = Double(Machine.passes(tokens: point.context) * machine.weightBytes) / Double(point.context)
            multiplyAddsPerToken = Double(machine.multiplyAdds(tokens: point.context, wanted: 1)) / Double(point.context)
        case .decode:
            bytesPerToken = Double(machine.weightBytes) / Double(point.batch) + Double(stateBytes)
            multiplyAddsPerToken = Double(machine.multiplyAdds(tokens: 1, wanted: 1))
        }
    }

    mutating func note(_ lap: Stopwatch.Lap) {
        tokensPerSecond.append(lap.tokensPerSecond)
        if let joules = lap.joulesPerToken { joulesPerToken.append(joules) }
    }

    var bytesPerSecond: Double { bytesPerToken * tokensPerSecond.best }
    var multiplyAddsPerSecond: Double { multiplyAddsPerToken * tokensPerSecond.best }
}
