extension EnergyTable {
    /// Joules of an operation; one that the table lacks is priced as the nearest that it has.
    func joules(_ name: String) -> Double {
        if let energy = operations[name] { return energy.value }
        return EnergyTable.nearest[name].flatMap { $0.lazy.compactMap { operations[$0]?.value }.first } ?? 0
    }

    /// Dearer ones, for what a table lacks.
    private static let nearest: [String: [String]] = [
        "int8-add": ["int16-add", "int32-add"], "int16-add": ["int32-add"], "int8-multiply": ["int32-multiply"],
        "fp16-add": ["fp32-add"], "fp16-multiply": ["fp32-multiply"], "bf16-add": ["fp16-add", "fp32-add"],
        "bf16-multiply": ["fp16-multiply", "fp32-multiply"], "fp32-add": ["fp16-add"], "fp32-multiply": ["fp16-multiply"],
    ]

    /// The arithmetic of a work on an engine; `vector` says what exponentials and divisions take.
    func joules(_ work: Work, _ engine: Engine, vector: Engine, _ workload: Workload) -> Double {
        let simple = work.additions * joules("fp32-add") + work.multiplications * joules("fp32-multiply")
        let long = (work.exponentials * vector.exponentialCost + work.divisions * vector.divisionCost) * joules("fp32-multiply")
        return simple + long + engine.products(work, workload) * product(work, engine)
    }

    /// What one product takes of those that an engine does.
    private func product(_ work: Work, _ engine: Engine) -> Double {
        let sum = joules((engine.accumulator?.value ?? 32) <= 16 ? "int16-add" : "int32-add")
        guard work.kind == .ternary else { return product(engine.format) }
        switch engine.method {
        case .multiply: return engine.format.isInteger ? joules("int8-multiply") + sum : product(engine.format)
        case .add, .lookup: return sum
        }
    }

    private func product(_ format: NumberFormat) -> Double {
        switch format {
        case .fp32: joules("fp32-multiply") + joules("fp32-add")
        case .bf16: joules("bf16-multiply") + joules("fp32-add")
        case .fp16: joules("fp16-multiply") + joules("fp32-add")
        case .fp8, .int8, .int6, .int4, .int32: joules("int8-multiply") + joules("int32-add")
        }
    }
}

extension NumberFormat {
    var isInteger: Bool { [.int8, .int6, .int4].contains(self) }
}

extension Engine {
    /// A short polynomial, where the device says nothing.
    var exponentialCost: Double { exponential?.value ?? 10 }
    var divisionCost: Double { division?.value ?? 4 }

    /// Products that it really does of a work: all but those with a zero that it skips, or what it looks up in their place.
    func products(_ work: Work, _ workload: Workload) -> Double {
        guard work.kind == .ternary else { return work.multiplyAdds }
        guard method != .lookup else { return lookups(work) }
        let trits = method == .add && skipsZeros ? 1 - workload.zeros : 1
        return work.multiplyAdds * trits * (skipsZeroActivations ? 1 - workload.activationZeros : 1)
    }

    /// Sums that a ternary product by tables looks up, and those that make the tables of each row.
    func lookups(_ work: Work) -> Double {
        let tables = Double(work.rows) * (Double(work.columns) / Double(group)).rounded(.up)
        return work.multiplyAdds / Double(group) + tables * Double(entries)
    }
}
