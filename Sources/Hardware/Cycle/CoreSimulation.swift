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
        guard workload.blocksOnly else { return timing.cycles }
        return CoreSimulation.layers(of: timing).reduce(0) { $1.layer.isBlock ? $0 + $1.cycles : $0 }
    }

    /// The cycles that each layer adds, in order.
    static func layers(of timing: Timing) -> [(layer: Layer, cycles: Int)] {
        var result: [(layer: Layer, cycles: Int)] = [], places: [Layer: Int] = [:], before = Layer.input
        for node in timing.nodes {
            before = Layer(of: node.name, before: before)
            if let place = places[before] { result[place].cycles += node.cycles } else {
                places[before] = result.count
                result.append((before, node.cycles))
            }
        }
        return result
    }

    /// Of all cores, each at a token of its own.
    public var tokensPerSecond: Double { Double(core.cores) / tokenSeconds }

    /// The prompt goes through token by token.
    public var firstTokenSeconds: Double {
        get throws {
            guard workload.prompt > 0 else { return 0 }
            // Only the last token's output is wanted.
            let middle = try Timing(program, core, past: (workload.prompt - 1) / 2)
            let output = CoreSimulation.layers(of: middle).first { $0.layer == .output }?.cycles ?? 0
            return (Double(workload.prompt) * Double(middle.cycles - output) + Double(output)) / core.clock
        }
    }

    /// The seconds of one block of the model, the second one where there are two: a first one may have less to do.
    var blockSeconds: Double {
        let blocks = CoreSimulation.layers(of: timing).filter(\.layer.isBlock)
        let cycles = (blocks.dropFirst().first ?? blocks.first)?.cycles ?? 0
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
