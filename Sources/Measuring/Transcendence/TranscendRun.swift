import Basis
import Tensors

/// Does the experiments of a plan.
public struct TranscendRun {
    private let plan: TranscendPlan
    private let kernels: Kernels
    private let pool: ThreadPool

    public init(_ plan: TranscendPlan, _ kernels: Kernels, _ pool: ThreadPool) {
        (self.plan, self.kernels, self.pool) = (plan, kernels, pool)
    }

    /// Tells `progress` of every seed of an arm.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> TranscendReport {
        let arms = try plan.experiments.flatMap(arms), total = arms.count * plan.seeds
        var done = 0
        return TranscendReport(plan: plan, arms: try arms.map { arm in
            let outcomes = try seeds(arm.outcome) {
                done += $0
                progress(done, total)
            }
            return TranscendArm(experiment: arm.experiment, name: arm.name, outcomes: outcomes)
        })
    }

    private struct Arm {
        let experiment: TranscendExperiment
        let name: String
        let outcome: @Sendable (UInt64) throws -> TranscendOutcome
    }

    private func arms(_ experiment: TranscendExperiment) throws -> [Arm] {
        switch experiment {
        case .linear:
            LinearExperiment.sigmas.map { sigma in
                Arm(experiment: experiment, name: "sigma=\(sigma)") { LinearExperiment(sigma: sigma).outcome(seed: $0) }
            }
        case .adding:
            AddingExperts.Mistakes.allCases.map { mistakes in
                Arm(experiment: experiment, name: mistakes.rawValue) { [kernels] in
                    try AddingExperiment(mistakes).outcome(seed: $0, kernels)
                }
            }
        }
    }

    /// What comes of each seed: as many side by side as there are threads.
    private func seeds(
        _ outcome: @Sendable (UInt64) throws -> TranscendOutcome, _ advance: (Int) -> Void
    ) throws -> [TranscendOutcome] {
        var outcomes: [TranscendOutcome] = []
        for start in stride(from: 0, to: plan.seeds, by: pool.threads) {
            let count = min(pool.threads, plan.seeds - start)
            var results = [Result<TranscendOutcome, any Error>?](repeating: nil, count: count)
            results.withUnsafeMutableBufferPointer { results in
                nonisolated(unsafe) let results = results
                pool.parallel(count) { part in
                    for index in part {
                        let seed = plan.seed &+ UInt64(start + index) &* 0xd134_2543_de82_ef95
                        results[index] = Result { try outcome(seed) }
                    }
                }
            }
            outcomes += try results.compactMap { try $0?.get() }
            advance(count)
        }
        return outcomes
    }
}
