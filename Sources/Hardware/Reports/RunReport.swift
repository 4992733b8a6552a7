import Basis

/// What `sim-hw run` says of a prediction.
public struct RunReport {
    let prediction: Prediction
    let simulation: Simulation

    public init(_ prediction: Prediction) { (self.prediction, simulation) = (prediction, prediction.simulation) }

    /// The passes with their names; of a prompt that takes several, the last.
    var passes: [(name: String, pass: PassEstimate, tokens: Double, seconds: Double)] {
        let work = simulation.workload
        let prompt = prediction.prefill.last.map { last in
            ("prefill", last, Double(work.batch * work.prompt), prediction.firstTokenSeconds)
        }
        return [prompt, ("decode", prediction.decode, Double(work.batch), prediction.tokenSeconds)].compactMap(\.self)
    }
}

/// Launches of one kind together.
struct Share {
    let name: String
    let kernels: [KernelEstimate]

    var seconds: Double { kernels.reduce(0) { $0 + $1.seconds } }
    var bytes: Double { kernels.reduce(0) { $0 + $1.allBytes } }
    var operations: Double { kernels.reduce(0) { $0 + $1.operations } }
    var joules: Double { kernels.reduce(0) { $0 + $1.energy.dynamic } }

    /// What bounds most of its time.
    var bound: Bound {
        let times = Bound.allCases.map { bound in (bound, kernels.reduce(0) { $0 + ($1.bound == bound ? $1.seconds : 0) }) }
        return times.max { $0.1 < $1.1 }?.0 ?? .memory
    }

    /// The launches of a pass by what does them, those that the blocks have apart from the rest.
    static func byKind(_ pass: PassEstimate) -> [Share] {
        var order: [String] = [], groups: [String: [KernelEstimate]] = [:]
        for kernel in pass.kernels {
            let name = kernel.layer.isBlock || kernel.kind == .lookup ? kernel.kind.text : "\(kernel.layer.text): \(kernel.kind.text)"
            if groups[name] == nil { order.append(name) }
            groups[name, default: []].append(kernel)
        }
        return order.map { Share(name: $0, kernels: groups[$0] ?? []) }.sorted { $0.seconds > $1.seconds }
    }
}

extension Work.Kind {
    var text: String {
        switch self {
        case .ternary: "ternary products"
        case .dense: "dense products"
        case .attention: "attention"
        case .vector: "norms, gates, sums"
        case .lookup: "embedding"
        }
    }
}
