import Accelerator
import Basis
import Models

/// A model on an accelerator's core, instruction by instruction: the fidelity `cycle`.
public struct CoreSimulation: Sendable {
    public let device: Device
    public let model: SimulatedModel
    public let workload: Workload
    public let core: Core
    public let program: Program
    /// A token in the middle of the answer.
    public let timing: Timing

    /// Refuses a device that has no core.
    public init(_ model: SimulatedModel, on device: Device, _ workload: Workload) throws {
        guard var core = device.core?.core else {
            throw Failure("device '\(device.name)' has no 'core': its fidelity is roofline")
        }
        if let packing = workload.packing { core.ternary.packing = packing }
        (self.device, self.model, self.workload, self.core) = (device, model, workload, core)
        let context = workload.prompt + workload.tokens
        program = try Program(compiling: model.graph, for: core, context: max(1, context))
        timing = try Timing(program, core, past: workload.prompt + max(0, workload.tokens - 1) / 2)
    }

    /// The seconds of a token; with `blocksOnly`, of what its blocks add.
    public var tokenSeconds: Double { Double(cycles) / core.clock }

    /// Cycles of a token; with `blocksOnly`, of what its blocks add.
    public var cycles: Int {
        workload.blocksOnly ? timing.nodes.reduce(0) { isBlock($1.name) ? $0 + $1.cycles : $0 } : timing.cycles
    }

    private func isBlock(_ name: String) -> Bool { Layer(of: name, before: .input).isBlock }

    /// Of all cores, each at a token of its own.
    public var tokensPerSecond: Double { Double(core.cores) / tokenSeconds }

    /// The prompt goes through token by token.
    public var firstTokenSeconds: Double {
        get throws {
            guard workload.prompt > 0 else { return 0 }
            // Only the last token's output is wanted.
            let middle = try Timing(program, core, past: (workload.prompt - 1) / 2), output = outputCycles(middle)
            return (Double(workload.prompt) * Double(middle.cycles - output) + Double(output)) / core.clock
        }
    }

    private func outputCycles(_ timing: Timing) -> Int {
        var before = Layer.input, cycles = 0
        for node in timing.nodes {
            before = Layer(of: node.name, before: before)
            if before == .output { cycles += node.cycles }
        }
        return cycles
    }

    /// The seconds of one block of the model, the second one where there are two: a first one may have less to do.
    var blockSeconds: Double {
        let blocks = Set(timing.nodes.map { Layer(of: $0.name, before: .input) }).filter(\.isBlock)
        let wanted = blocks.contains(.block(1)) ? Layer.block(1) : .block(0)
        let cycles = timing.nodes.reduce(0) { Layer(of: $1.name, before: .input) == wanted ? $0 + $1.cycles : $0 }
        return Double(cycles) / core.clock
    }

    /// Bytes that go through the port for a token.
    public var portBytes: Double { timing.bytes.values.reduce(0) { $0 + Double($1) } }

    /// What arithmetic, memory and time cost a token.
    public var energy: Energy {
        get throws {
            let pass = try Simulation(model, on: device, workload).pass(Pass(past: workload.prompt + max(0, workload.tokens - 1) / 2))
            var energy = Energy()
            energy.operations = pass.energy.operations
            if let level = device.memories.last, let price = level.energy { energy.memories[level.name] = 8 * portBytes * price.value }
            let seconds = tokenSeconds / Double(core.cores), power = device.power
            energy.idle = (power.idle?.value ?? 0) * seconds
            energy.host = (power.host?.value ?? 0) * seconds
            if let busy = power.busy { energy.rest = max(0, busy.value * seconds - energy.dynamic - energy.idle) }
            return energy
        }
    }
}
