import Basis
import Models
import Tensors
import Toolkit

/// One side of a comparison, ready to be measured.
final class Contender {
    let name: ContenderName
    /// What it can do: phases without a workload are not compared.
    private let works: [SpeedPoint.Phase: any RateSource]
    /// Its machine; nil for a command.
    let machine: Machine?

    init(_ name: ContenderName, _ plan: ComparisonPlan, _ shelf: ModelShelf) throws {
        self.name = name
        switch name.kind {
        case .command(let line): (works, machine) = ([.decode: CommandRate(line)], nil)
        case .model(let argument, let variant):
            let kernels = variant.level.map(Kernels.at) ?? plan.kernels
            let model = try shelf.model(argument, variant.embedding ?? plan.embedding, kernels)
            let machine = try model.machine(threads: variant.threads ?? plan.threads)
            let start = machine.graph.emptySession(cache: variant.cache ?? plan.cache)
            let decoding = Decoding(machine, batch: variant.batch ?? 1, from: start)
            _ = try decoding.step()
            var works: [SpeedPoint.Phase: any RateSource] = [.decode: WorkloadRate(decoding, seconds: plan.seconds)]
            if plan.prompt > 0 {
                works[.prefill] = WorkloadRate(PromptReading(machine, tokens: plan.prompt, from: start), seconds: plan.seconds)
            }
            (self.works, self.machine) = (works, machine)
        }
    }

    func can(_ phase: SpeedPoint.Phase) -> Bool { works[phase] != nil }

    func tokensPerSecond(_ phase: SpeedPoint.Phase) throws -> Double { try works[phase]?.tokensPerSecond() ?? 0 }

    /// Texts decoded at once; nil if nobody knows.
    var batch: Int? {
        guard case .model(_, let variant) = name.kind else { return nil }
        return variant.batch ?? 1
    }
}

/// Models that are loaded once for all sides that run them by the same kernels.
final class ModelShelf {
    private var models: [String: LoadedModel] = [:]
    private let plan: ComparisonPlan

    init(_ plan: ComparisonPlan) { self.plan = plan }

    func model(_ argument: String, _ embedding: IntegerBits?, _ kernels: Kernels) throws -> LoadedModel {
        let key = "\(kernels.level.rawValue) \(embedding?.name ?? "") \(argument)"
        if let model = models[key] { return model }
        let model = try LoadedModel(
            argument, layout: plan.layout, embedding: embedding, kernels, ThreadPool(threads: plan.threads))
        models[key] = model
        return model
    }
}

/// What gives a rate whenever it is asked.
private protocol RateSource {
    func tokensPerSecond() throws -> Double
}

private struct WorkloadRate: RateSource {
    private let workload: any Workload
    private let watch: Stopwatch

    init(_ workload: any Workload, seconds: Double) { (self.workload, watch) = (workload, Stopwatch(seconds: seconds, meter: nil)) }

    func tokensPerSecond() throws -> Double { try watch.lap(workload).tokensPerSecond }
}

private struct CommandRate: RateSource {
    private let line: String

    init(_ line: String) { self.line = line }

    func tokensPerSecond() throws -> Double {
        let words = try ShellCommand(line).output().split { " \t\n".contains($0) }
        guard let rate = words.last.flatMap({ Double($0) }), rate.isFinite, rate > 0 else {
            throw Failure("'\(line)' printed no positive number at the end of its output")
        }
        return rate
    }
}
