import Basis

// As one JSON object; sim-hw(1) lists its members.
extension RunReport {
    /// The whole object.
    public var json: JSON {
        let (work, memory) = (simulation.workload, simulation.memory)
        return [
            "device": .string(simulation.device.name), "model": .string(simulation.model.name), "fidelity": "roofline",
            "weights": .number(simulation.model.weightCount), "trits": .number(simulation.model.tritCount),
            "chips": .integer(simulation.device.chips), "batch": .integer(work.batch), "prompt": .integer(work.prompt),
            "tokens": .integer(work.tokens), "memory": .string(memory.name), "memory_bytes": .number(memory.bytes),
            "memory_fits": .bool(memory.fits), "first_token_seconds": .number(prediction.firstTokenSeconds),
            "token_seconds": .number(prediction.tokenSeconds), "seconds": .number(prediction.seconds),
            "prefill_tokens_per_second": prediction.prefill.isEmpty ? .null : .number(prediction.prefillTokensPerSecond),
            "decode_tokens_per_second": .number(prediction.decodeTokensPerSecond),
            "joules_per_token": .number(prediction.joulesPerToken),
            "prefill_joules_per_token": prediction.prefill.isEmpty ? .null : .number(prediction.prefillJoulesPerToken),
            "watts": .number(prediction.watts), "energies": .string(simulation.device.energies.name),
            "energy": energy, "kernels": .array(prediction.decode.kernels.map(RunReport.record)),
            "numbers": .array(simulation.numbers.map(\.record)),
        ]
    }

    private var energy: JSON {
        let energy = prediction.decode.energy
        var memories = JSONObject()
        for (name, joules) in energy.memories.sorted(by: { $0.key < $1.key }) { memories[name] = .number(joules) }
        return [
            "operations": .number(energy.operations), "memories": .object(memories), "link": .number(energy.link),
            "static": .number(energy.idle), "host": .number(energy.host), "rest": .number(energy.rest), "total": .number(energy.total),
        ]
    }

    static func record(_ kernel: KernelEstimate) -> JSON {
        [
            "name": .string(kernel.name), "layer": .string(kernel.layer.text), "operation": .string(kernel.operation),
            "kind": .string(kernel.kind.rawValue), "works": .integer(kernel.works), "rows": .integer(kernel.rows),
            "seconds": .number(kernel.seconds), "memory_seconds": .number(kernel.memorySeconds),
            "compute_seconds": .number(kernel.computeSeconds), "overhead_seconds": .number(kernel.overheadSeconds),
            "bound": .string(kernel.bound.rawValue), "bytes": .number(kernel.allBytes), "operations": .number(kernel.operations),
            "joules": .number(kernel.energy.dynamic),
        ]
    }
}

extension Quantity {
    var record: JSON {
        ["path": .string(path), "value": .string(text), "kind": .string(kind.rawValue), "source": .string(source)]
    }
}
