import Models
import Tensors
import Toolkit

/// A model's speed against what the machine can do at most, both measured in turns in one run.
public final class SpeedRun {
    private let plan: SpeedPlan
    private let model: LoadedModel
    private let meter: EnergyMeter?
    private var stages: [Stage] = []
    private var results: [SpeedPoint: SpeedResult] = [:]

    /// All that a number of threads does.
    private final class Stage {
        let machine: Machine
        let works: [(point: SpeedPoint, workload: any Workload)]
        var limits = LimitSamples()

        init(_ machine: Machine, _ works: [(point: SpeedPoint, workload: any Workload)]) { (self.machine, self.works) = (machine, works) }
    }

    public init(_ model: LoadedModel, _ plan: SpeedPlan, meter: EnergyMeter? = EnergyMeter()) throws {
        (self.model, self.plan, self.meter) = (model, plan, meter)
        for threads in Set(plan.threads).sorted() {
            let machine = try model.machine(threads: threads)
            stages.append(Stage(machine, try SpeedRun.workloads(plan.points.filter { $0.threads == threads }, machine)))
        }
    }

    /// Each has done one step, in which memory is had and filled.
    private static func workloads(_ points: [SpeedPoint], _ machine: Machine) throws -> [(point: SpeedPoint, workload: any Workload)] {
        var session = machine.graph.session
        return try points.sorted { $0.context < $1.context }.map { point in
            if point.phase == .prefill { return (point, PromptReading(machine, tokens: point.context)) }
            if point.context > session.position {
                session = try PromptReading(machine, tokens: point.context - session.position).session(after: session)
            }
            let decoding = Decoding(machine, batch: point.batch, from: session)
            _ = try decoding.step()
            return (point, decoding)
        }
    }

    /// Measures everything in turns, so that an hour's noise is spread over all of it. Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> SpeedReport {
        let limits = Limits(model.kernels), total = plan.rounds * stages.reduce(0) { $0 + $1.works.count }
        var done = 0
        for _ in 0..<plan.rounds {
            for stage in stages {
                for (point, workload) in stage.works {
                    stage.limits.measure(limits, stage.machine.threads)
                    try note(Stopwatch(seconds: plan.seconds, meter: meter).lap(workload), point, stage.machine)
                    done += 1
                    progress(done, total)
                }
            }
        }
        return report
    }

    private func note(_ lap: Stopwatch.Lap, _ point: SpeedPoint, _ machine: Machine) {
        results[point, default: SpeedResult(point, machine)].note(lap)
    }

    private var report: SpeedReport {
        let limits = stages.map { (threads: $0.machine.threads.threads, samples: $0.limits) }
        return SpeedReport(model: model, limits: limits, results: plan.points.compactMap { results[$0] })
    }
}

/// What a machine's limits were found to be.
struct LimitSamples {
    /// Bytes a second.
    private(set) var read = Samples()
    /// int8 multiply-adds a second.
    private(set) var multiplyAdds = Samples()

    mutating func measure(_ limits: Limits, _ threads: ThreadPool) {
        read.append(limits.readRate(threads))
        multiplyAdds.append(limits.multiplyAddRate(threads))
    }
}

/// What was found at one point.
struct SpeedResult {
    let point: SpeedPoint
    private(set) var tokensPerSecond = Samples()
    private(set) var joulesPerToken = Samples()
    /// Of weights, as they lie in memory.
    let bytesPerToken: Double
    /// By trits.
    let multiplyAddsPerToken: Double

    init(_ point: SpeedPoint, _ machine: Machine) {
        self.point = point
        switch point.phase {
        case .prefill:
            bytesPerToken = Double(Machine.passes(tokens: point.context) * machine.weightBytes) / Double(point.context)
            multiplyAddsPerToken = Double(machine.multiplyAdds(tokens: point.context, wanted: 1)) / Double(point.context)
        case .decode:
            bytesPerToken = Double(machine.weightBytes) / Double(point.batch)
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
