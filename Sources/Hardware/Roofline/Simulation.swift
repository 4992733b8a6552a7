import Basis
import Models

/// A model on a device under a workload, by the roofline.
public struct Simulation: Sendable {
    public let device: Device
    public let model: SimulatedModel
    public let workload: Workload
    let roofline: Roofline

    /// Fails for a device without a memory that holds weights.
    public init(_ model: SimulatedModel, on device: Device, _ workload: Workload) throws {
        // Software that starts each step by itself fuses none.
        let model = device.launchCounts.isEmpty ? model : try SimulatedModel(model.name, model.graph, optimising: false)
        (self.device, self.model, self.workload) = (device, model, workload)
        let need = Simulation.need(model, device, workload)
        roofline = Roofline(
            device, workload, home: try Simulation.home(for: need.weights + need.state, device), weightsOfChip: model.weightsOfChip(device),
            allBytes: need.weights)
    }

    private static func need(_ model: SimulatedModel, _ device: Device, _ workload: Workload) -> (weights: Double, state: Double) {
        model.bytes(MemoryForm(device, workload), workload)
    }

    /// The nearest level that holds so many bytes, or else the last one.
    private static func home(for bytes: Double, _ device: Device) throws -> MemoryLevel {
        let levels = device.memories.filter(\.holdsWeights)
        guard let last = levels.last else { throw Failure("device '\(device.name)' has no memory that holds weights") }
        return levels.first { $0.capacity.value * Double(device.chips) >= bytes } ?? last
    }

    /// Where weights and state lie, how many bytes they take, and whether there is room for them.
    public var memory: (name: String, bytes: Double, capacity: Double, fits: Bool) {
        let need = Simulation.need(model, device, workload), capacity = roofline.home.capacity.value * Double(device.chips)
        return (roofline.home.name, need.weights + need.state, capacity, need.weights + need.state <= capacity)
    }

    /// One token of each text after `past` others.
    public func decode(past: Int) throws -> PassEstimate {
        guard device.split == .pipeline, device.chips > 1 else { return try pass(Pass(sequences: workload.batch, past: past)) }
        // Texts are spread over the parts of the model; each chip works on another of them.
        let parts = model.chipsInRow(device), texts = (workload.batch + parts - 1) / parts
        let one = try pass(Pass(sequences: texts, past: past))
        return overlapped(one, times: Double(workload.batch) / Double(texts))
    }

    /// The prompts of all texts: passes over as many tokens as go through at once, and the last one.
    public func prefill() throws -> [PassEstimate] {
        let most = max(1, (device.passRows ?? .max) / workload.batch), prompt = workload.prompt
        guard prompt > 0 else { return [] }
        let full = max(0, (prompt - 1) / most), rest = prompt - full * most
        var passes: [PassEstimate] = []
        if full > 0 {
            // Cost grows evenly from pass to pass: the middle one stands for all.
            let middle = Pass(sequences: workload.batch, tokens: most, past: (full - 1) * most / 2, wanted: 0)
            passes.append(try pass(middle))
            passes[0].times = Double(full)
        }
        return passes + [try piped(Pass(sequences: workload.batch, tokens: rest, past: full * most))]
    }

    /// A pass over a row of chips: in as many parts as makes it fastest, one behind the other.
    private func piped(_ whole: Pass) throws -> PassEstimate {
        guard device.split == .pipeline, device.chips > 1, whole.tokens > 1 else { return try pass(whole) }
        let counts = [1, 4, 16, 64, 256, 1024, whole.tokens].filter { $0 <= whole.tokens }
        let estimates = try counts.map { count in
            var part = whole
            part.tokens = (whole.tokens + count - 1) / count
            // The part in the middle stands for all.
            part.past += (whole.tokens - part.tokens) / 2
            let one = try pass(part), parts = Double((whole.tokens + part.tokens - 1) / part.tokens)
            let seconds = one.seconds + (parts - 1) * one.seconds / Double(depth(one))
            return finished(PassEstimate(
                kernels: one.kernels, linkSeconds: one.linkSeconds, seconds: seconds, energy: parts * one.energy.moving))
        }
        return estimates.min { $0.seconds < $1.seconds } ?? estimates[0]
    }

    /// Parts of a pass that work on different tokens: the chips, or each product where the weights of each have a place of their own.
    private func depth(_ pass: PassEstimate) -> Int {
        device.weights == .stationary ? max(1, pass.kernels.count { $0.kind == .ternary }) : model.chipsInRow(device)
    }
}

// One pass.
extension Simulation {
    func pass(_ pass: Pass) throws -> PassEstimate {
        let kernels = roofline.kernels(try model.stages(pass, workload)), link = linkCost(pass)
        let seconds = Simulation.seconds(kernels, device.weights) + link.seconds
        var energy = kernels.reduce(Energy()) { $0 + $1.energy }
        energy.link = link.joules
        return finished(
            PassEstimate(kernels: kernels, linkSeconds: link.seconds, seconds: seconds, energy: energy))
    }

    /// Weights that come ahead leave the memory nothing to wait for.
    private static func seconds(_ kernels: [KernelEstimate], _ weights: Device.Weights) -> Double {
        guard weights == .ahead else { return kernels.reduce(0) { $0 + $1.seconds } }
        return max(kernels.reduce(0) { $0 + $1.memorySeconds }, kernels.reduce(0) { $0 + $1.computeSeconds + $1.overheadSeconds })
    }

    /// The same with `times` of them under way at once, each on chips of its own.
    private func overlapped(_ one: PassEstimate, times: Double) -> PassEstimate {
        finished(PassEstimate(
            kernels: one.kernels, linkSeconds: one.linkSeconds, seconds: one.seconds,
            energy: times * one.energy.moving))
    }

    /// Adds what time itself costs: all chips are on for all of it.
    private func finished(_ pass: PassEstimate) -> PassEstimate {
        var energy = pass.energy
        let chips = Double(device.chips), power = device.power
        energy.idle = (power.idle?.value ?? 0) * chips * pass.seconds
        energy.host = (power.host?.value ?? 0) * pass.seconds
        if let busy = power.busy {
            // While a launch is on its way nothing works.
            let working = pass.seconds * pass.workingShare
            energy.rest = max(0, (busy.value - (power.idle?.value ?? 0)) * chips * working - energy.dynamic)
        }
        return PassEstimate(
            kernels: pass.kernels, linkSeconds: pass.linkSeconds, seconds: pass.seconds, energy: energy)
    }

    /// Two sums over all chips a block where matrices are split (Shoeybi et al. 2019, "Megatron-LM"), a row handed on from chip to chip
    /// where layers are; numbers of 16 bits.
    private func linkCost(_ pass: Pass) -> (seconds: Double, joules: Double) {
        guard device.chips > 1, let link = device.link else { return (0, 0) }
        let width = Double(model.blockWidth), rows = Double(pass.sequences * pass.tokens), chips = Double(device.chips)
        let blocks = Double(model.blocks)
        let (times, bytes) = device.split == .tensor
            ? (2 * blocks, 2 * 2 * rows * width * (chips - 1) / chips) : (Double(model.chipsInRow(device) - 1), 2 * rows * width)
        let moved = device.split == .tensor ? times * bytes * chips : times * bytes
        return (times * (link.latency.value + bytes / link.bandwidth.value), 8 * moved * (link.energy?.value ?? 0))
    }
}

extension SimulatedModel {
    var blocks: Int { Set(layers.filter(\.isBlock)).count }

    /// Chips that have a part of the model: a model has not more parts than blocks.
    func chipsInRow(_ device: Device) -> Int { max(1, min(device.chips, blocks)) }

    /// Trits that one chip holds.
    func weightsOfChip(_ device: Device) -> Double { tritCount / Double(chipsInRow(device)) }

    /// The width of what goes from block to block: that of the widest row that several nodes add to.
    var blockWidth: Int {
        schedule.graph.nodes.filter { type(of: $0.operation).name == Add.name }.map(\.form.width).max() ?? graph.outputWidth
    }
}

extension Energy {
    /// Without what time costs.
    fileprivate var moving: Energy {
        var energy = self
        (energy.idle, energy.host, energy.rest) = (0, 0, 0)
        return energy
    }
}
