import Accelerator
import Basis
import Toolkit

/// What `sim-hw explain` says: what binds a token in each layer and each kind of launch, and what would change it.
public struct ExplainReport {
    private let simulation: Simulation
    private let prediction: Prediction
    private let changes: [Change]

    /// Something that could be otherwise, and what it would bring.
    struct Change {
        let name: String
        let decode: Double
        let prefill: Double
    }

    /// Predicts it once as it is, and once for each thing that could be otherwise.
    public init(_ simulation: Simulation) throws {
        self.simulation = simulation
        let prediction = try Prediction(simulation)
        self.prediction = prediction
        changes = try Variation.all(simulation).map { variation in
            let other = try Prediction(Simulation(simulation.model, on: variation.device, variation.workload))
            return Change(
                name: variation.name, decode: other.decodeTokensPerSecond / prediction.decodeTokensPerSecond,
                prefill: prediction.prefill.isEmpty ? 1 : prediction.firstTokenSeconds / other.firstTokenSeconds)
        }.sorted { $0.decode > $1.decode }
    }

    /// Layers of a pass with what they take, equal blocks that follow each other as one line.
    private var layers: [(name: String, share: Share)] {
        var result: [(name: String, share: Share)] = [], first = 0
        var groups: [(Layer, [KernelEstimate])] = []
        for kernel in prediction.decode.kernels {
            if groups.last?.0 == kernel.layer { groups[groups.count - 1].1.append(kernel) } else { groups.append((kernel.layer, [kernel])) }
        }
        for (index, group) in groups.enumerated() {
            let share = Share(name: group.0.text, kernels: group.1)
            if let last = result.last, group.0.isBlock, groups[index - 1].0.isBlock, last.share.isLike(share) {
                result[result.count - 1].name = "\(groups[first].0.text) to \(group.0.text.dropFirst("block ".count))"
            } else {
                first = index
                result.append((group.0.text, share))
            }
        }
        return result
    }

    /// The launches of the blocks by the part of their names that all blocks share.
    private var parts: [Share] {
        var order: [String] = [], groups: [String: [KernelEstimate]] = [:]
        for kernel in prediction.decode.kernels {
            let name = kernel.name.split(separator: ".").filter { Int($0) == nil }.joined(separator: ".")
            if groups[name] == nil { order.append(name) }
            groups[name, default: []].append(kernel)
        }
        return order.map { Share(name: $0, kernels: groups[$0] ?? []) }.sorted { $0.seconds > $1.seconds }
    }

    /// For people.
    public var text: String {
        let total = prediction.decode.seconds
        let head = ["time", "of a token", "bytes", "operations", "operations/byte", "bound by"]
        let each = layers.map { [$0.name] + cells($0.share, total) }
        let launches = parts.prefix(16).map { ["\($0.kernels.count) x \($0.name)"] + cells($0, total) }
        return table([["layer, each"] + head] + each, rightAligned: [1, 2, 3, 4, 5]) + "\n"
            + table([["launches of all layers"] + head] + launches, rightAligned: [1, 2, 3, 4, 5]) + "\n" + changeTable
    }

    private func cells(_ share: Share, _ total: Double) -> [String] {
        [
            timed(share.seconds), shared(share.seconds / total), sized(share.bytes), counted(share.operations),
            share.bytes > 0 ? rounded(share.operations / share.bytes) : "-", share.bound.rawValue,
        ]
    }

    private var changeTable: String {
        let rows = changes.map { [$0.name, "\(decimal($0.decode, 2)) x", prediction.prefill.isEmpty ? "-" : "\(decimal($0.prefill, 2)) x"] }
        return table([["with", "decode", "prefill"]] + rows, rightAligned: [1, 2])
    }

    /// As one object; sim-hw(1) lists its members.
    public var json: JSON {
        [
            "device": .string(simulation.device.name), "model": .string(simulation.model.name),
            "decode_tokens_per_second": .number(prediction.decodeTokensPerSecond),
            "layers": .array(layers.map { record($0.name, $0.share) }), "launches": .array(parts.map { record($0.name, $0) }),
            "changes": .array(changes.map { ["with": .string($0.name), "decode": .number($0.decode), "prefill": .number($0.prefill)] }),
        ]
    }

    private func record(_ name: String, _ share: Share) -> JSON {
        [
            "name": .string(name), "launches": .integer(share.kernels.count), "seconds": .number(share.seconds),
            "bytes": .number(share.bytes), "operations": .number(share.operations), "bound": .string(share.bound.rawValue),
        ]
    }
}

extension Share {
    fileprivate func isLike(_ other: Share) -> Bool {
        kernels.count == other.kernels.count && (seconds - other.seconds).magnitude <= 1e-9 * seconds
    }
}
