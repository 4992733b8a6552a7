import Basis
import Models
import Tensors

/// How a comparison is done.
public struct ComparisonPlan: Sendable {
    public var kernels: Kernels
    public var threads: Int
    /// Tokens of the prompt; 0 leaves prefill out.
    public var prompt = 128
    /// Pairs.
    public var rounds = 12
    /// A measurement goes on for at least so long.
    public var seconds = 0.25
    /// What keys and values are kept in.
    public var cache = CacheElement.float32
    /// What tables of floats become while they are loaded; nil leaves them as they are.
    public var embedding: IntegerBits?
    /// What `--layout` says.
    public var layout: String?

    public init(_ kernels: Kernels, threads: Int) { (self.kernels, self.threads) = (kernels, threads) }
}

/// Two contenders measured in turns: A B, B A, A B, and so on.
public final class ComparisonRun {
    private let plan: ComparisonPlan
    private let sides: [Contender]
    private var limits: [LimitSamples]
    private var pairs: [SpeedPoint.Phase: [(a: Double, b: Double)]] = [:]

    public init(_ a: ContenderName, _ b: ContenderName, _ plan: ComparisonPlan) throws {
        let shelf = ModelShelf(plan)
        self.plan = plan
        sides = try [a, b].map { try Contender($0, plan, shelf) }
        limits = sides.map { _ in LimitSamples() }
    }

    private var phases: [SpeedPoint.Phase] { [.decode, .prefill].filter { phase in sides.allSatisfy { $0.can(phase) } } }

    /// Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> ComparisonReport {
        let memory = Limits()
        for round in 0..<plan.rounds {
            for (index, side) in sides.enumerated() {
                if let machine = side.machine { limits[index].measure(memory, machine, seconds: plan.seconds / 4) }
            }
            for phase in phases { pairs[phase, default: []].append(try pair(phase, reversed: round % 2 == 1)) }
            progress(round + 1, plan.rounds)
        }
        return ComparisonReport(
            machine: MachineDescription(plan.kernels), sides: zip(sides, limits).map { ComparedSide($0, $1) },
            phases: phases.map { ComparedPhase(phase: $0, prompt: plan.prompt, pairs: pairs[$0] ?? []) })
    }

    private func pair(_ phase: SpeedPoint.Phase, reversed: Bool) throws -> (a: Double, b: Double) {
        if reversed {
            let b = try sides[1].tokensPerSecond(phase)
            return (try sides[0].tokensPerSecond(phase), b)
        }
        let a = try sides[0].tokensPerSecond(phase)
        return (a, try sides[1].tokensPerSecond(phase))
    }
}
