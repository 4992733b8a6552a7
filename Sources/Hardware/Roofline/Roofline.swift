import Models

/// Time and energy of launches by the roofline (Williams, Waterman and Patterson 2009) with what it leaves out: a launch takes a fixed
/// time, and then the slower of its bytes and its operations, at the shares of the peaks that its size reaches.
struct Roofline {
    let device: Device
    let workload: Workload
    let form: MemoryForm
    /// How many chips share one work: all where matrices are split, one where layers are.
    let share: Double
    /// Where the weights lie.
    let home: MemoryLevel
    /// Trits that one chip holds, where each has a place of its own.
    let weightsOfChip: Double
    /// Bytes of all weights; nil for a product that is looked at alone.
    let allBytes: Double?

    init(_ device: Device, _ workload: Workload, home: MemoryLevel, weightsOfChip: Double = 0, allBytes: Double? = nil) {
        (self.device, self.workload, self.home) = (device, workload, home)
        (self.weightsOfChip, self.allBytes) = (weightsOfChip, allBytes)
        form = MemoryForm(device, workload)
        share = device.split == .tensor ? Double(device.chips) : 1
    }

    /// The launches of the stages of a pass, in order.
    func kernels(_ stages: [[Work]]) -> [KernelEstimate] {
        var result: [KernelEstimate] = []
        for (index, stage) in stages.enumerated() {
            for works in launches(stage) { result.append(kernel(works, isFirst: index == 0 && result.isEmpty)) }
        }
        return result
    }

    /// The works of a stage that are started together.
    private func launches(_ stage: [Work]) -> [[Work]] {
        guard device.launches != .node else { return stage.map { [$0] } }
        return Work.Kind.allCases.map { kind in stage.filter { $0.kind == kind } }.filter { !$0.isEmpty }
    }

    private func kernel(_ works: [Work], isFirst: Bool) -> KernelEstimate {
        let first = works[0], engine = device.engines.engine(for: first.kind), bytes = bytes(works)
        return KernelEstimate(
            name: first.name, layer: first.layer, operation: first.operation, kind: first.kind, works: works.count, rows: first.rows,
            memorySeconds: memorySeconds(bytes, engine), computeSeconds: computeSeconds(works, engine),
            overheadSeconds: device.launches == .pass && !isFirst ? 0 : overheadSeconds(works, engine),
            bytes: bytes, operations: works.reduce(0) { $0 + operations($1) }, energy: energy(works, bytes))
    }

    private func overheadSeconds(_ works: [Work], _ engine: Engine) -> Double {
        let one = (engine.overhead ?? device.overhead)?.value ?? 0
        guard !device.launchCounts.isEmpty else { return one }
        return one * works.reduce(0) { $0 + (device.launchCounts[$1.operation]?.value ?? 1) }
    }

    private func operations(_ work: Work) -> Double {
        2 * work.multiplyAdds + work.additions + work.multiplications + work.exponentials + work.divisions
    }
}

// Bytes.
extension Roofline {
    /// Weights, state and activations, by the names of the memories.
    private func bytes(_ works: [Work]) -> [String: Double] {
        let kept = works.reduce(0) { $0 + weightBytes($1) + $1.stateBytes + $1.cached * form.cacheBits / 8 }
        let passing = works.reduce(0) { $0 + $1.activations * device.activationBytes + $1.quantisedBytes }
        let near = device.memories.first { $0.capacity.value * share >= passing } ?? home
        return [home.name: kept].merging([near.name: passing], uniquingKeysWith: +)
    }

    private func weightBytes(_ work: Work) -> Double {
        switch work.kind {
        case .ternary: work.weights * form.tritBits / 8
        case .dense: work.weights * form.tableBits / 8
        case .lookup: work.parameters * form.tableBits / 8
        case .attention, .vector: work.parameters * 4
        }
    }

    /// Levels work side by side; the slowest decides.
    private func memorySeconds(_ bytes: [String: Double], _ engine: Engine) -> Double {
        device.memories.reduce(0) { slowest, level in
            guard let amount = bytes[level.name], amount > 0 else { return slowest }
            return max(slowest, amount / share / bandwidth(level, engine, amount / share))
        }
    }

    /// Of one chip, for what it reads and writes itself.
    private func bandwidth(_ level: MemoryLevel, _ engine: Engine, _ bytes: Double) -> Double {
        if level.name == device.memories.last?.name, let own = engine.bandwidth {
            return own.value * (allBytes.flatMap { engine.residence?.share(at: $0) } ?? 1)
        }
        return level.bandwidth.value * (level.efficiency?.share(at: bytes) ?? 1)
    }
}

// Operations.
extension Roofline {
    /// Where weights have places of their own, a launch keeps busy what holds its weights, and the rest of the chip waits: it takes as long
    /// as all of the chip's weights would.
    private func computeSeconds(_ works: [Work], _ engine: Engine) -> Double {
        let seconds = works.reduce(0) { $0 + computeSeconds($1, engine) }, weights = works.reduce(0) { $0 + $1.weights }
        guard device.weights == .stationary, works[0].kind == .ternary, weights > 0 else { return seconds }
        return seconds * max(1, weightsOfChip / weights)
    }

    private func computeSeconds(_ work: Work, _ engine: Engine) -> Double {
        let vector = device.engines.vector
        let reached = rate(engine) * (engine.efficiency?.share(at: Double(max(1, work.rows))) ?? 1)
        let products = 2 * engine.products(work, workload) / reached
        let long = work.exponentials * vector.exponentialCost + work.divisions * vector.divisionCost
        // Other engines have their numbers worked on side by side, whatever the rows.
        let spread = work.kind == .vector ? vector.efficiency?.share(at: Double(max(1, work.rows))) ?? 1 : 1
        return products + (work.additions + work.multiplications + long + unpacking(work, engine)) / (rate(vector) * spread)
    }

    /// Operations of the vector engine that make trits of what lies in memory: as the device says, and where software does it, what a
    /// packing that was asked for takes more than the device's own.
    private func unpacking(_ work: Work, _ engine: Engine) -> Double {
        guard work.kind == .ternary else { return 0 }
        let isSoftware = device.category == .cpu || device.category == .gpu
        let own = engine.packing?.unpackingOperations ?? 0, asked = workload.packing?.unpackingOperations ?? own
        return work.weights * ((engine.unpack?.value ?? 0) + (isSoftware ? max(0, asked - own) : 0))
    }

    private func rate(_ engine: Engine) -> Double { engine.rate.value * share }
}

// Joules.
extension Roofline {
    private func energy(_ works: [Work], _ bytes: [String: Double]) -> Energy {
        var energy = Energy()
        for work in works {
            let engine = device.engines.engine(for: work.kind)
            energy.operations += device.energies.joules(work, engine, vector: device.engines.vector, workload)
                + unpacking(work, engine) * device.energies.joules("int32-add")
        }
        for level in device.memories {
            guard let amount = bytes[level.name], let price = level.energy else { continue }
            energy.memories[level.name] = 8 * amount * price.value
        }
        return energy
    }
}
