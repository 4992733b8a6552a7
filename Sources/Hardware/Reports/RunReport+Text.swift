import Basis
import Toolkit

// For people.
extension RunReport {
    /// All tables, and what to know of the numbers.
    public var text: String {
        let tables = [table(head), speeds, shares, energy].joined(separator: "\n")
        return tables + remarks.map { "\n\($0)" }.joined() + (remarks.isEmpty ? "" : "\n")
    }

    private var head: [[String]] {
        let (device, model, work, memory) = (simulation.device, simulation.model, simulation.workload, simulation.memory)
        let chips = device.chips > 1 ? ", \(device.chips) chips, \(device.split.rawValue)" : ""
        let answers = "\(work.batch) \(work.batch == 1 ? "text" : "texts") of \(work.prompt) tokens, answered with \(work.tokens)"
        return [
            ["device", "\(device.name): \(device.title)\(chips)"],
            ["model", "\(model.name), \(counted(model.weightCount)) weights, \(counted(model.tritCount)) of them trits"],
            ["memory", "\(sized(memory.bytes)) in \(memory.name) of \(sized(memory.capacity))\(memory.fits ? "" : ": DOES NOT FIT")"],
            ["work", answers + (work.blocksOnly ? ", blocks only" : "")],
        ]
    }

    private var speeds: String {
        let head = ["phase", "time", "tokens/s", "bytes", "operations", "launches"] + Bound.allCases.map(\.rawValue) + ["J/token", "W"]
        let rows = passes.map { name, pass, tokens, seconds in
            let busy = max(1e-30, pass.bounds.reduce(0) { $0 + $1.1 })
            return [name, timed(seconds), rounded(tokens / seconds), sized(pass.bytes), counted(pass.operations), "\(pass.kernels.count)"]
                + pass.bounds.map { shared($0.1 / busy) } + [joules(name), rounded(pass.energy.total / pass.seconds)]
        }
        return table([head] + rows, rightAligned: Set(1...10))
    }

    private func joules(_ phase: String) -> String {
        rounded(phase == "decode" ? prediction.joulesPerToken : prediction.prefillJoulesPerToken)
    }

    private var shares: String {
        let pass = prediction.decode, all = Share.byKind(pass)
        let rows = all.map { share in
            [
                share.name, timed(share.seconds), shared(share.seconds / pass.seconds), sized(share.bytes), counted(share.operations),
                "\(share.kernels.count)", share.bound.rawValue, joulesText(share.joules),
            ]
        }
        let link = pass.linkSeconds > 0 ? [["link", timed(pass.linkSeconds), shared(pass.linkSeconds / pass.seconds)]] : []
        let head = ["a token's", "time", "share", "bytes", "operations", "launches", "bound by", "dynamic energy"]
        return table([head] + rows + link, rightAligned: [1, 2, 3, 4, 5, 7])
    }

    private var energy: String {
        let energy = prediction.decode.energy, texts = Double(simulation.workload.batch)
        var rows = [["operations", energy.operations]] + energy.memories.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        rows += [["link", energy.link], ["static", energy.idle], ["host", energy.host], ["rest of the power when busy", energy.rest]]
        let cells = rows.compactMap { row -> [String]? in
            guard let name = row[0] as? String, let joules = row[1] as? Double, joules > 0 else { return nil }
            return [name, joulesText(joules / texts), shared(joules / energy.total)]
        }
        return table([["energy a token", "", "share"]] + cells, rightAligned: [1, 2])
    }

    private var remarks: [String] {
        let energy = prediction.decode.energy
        var lines = ["energies: table '\(simulation.device.energies.name)', \(simulation.device.energies.title)"]
        if energy.dynamic > 0 { lines.append("memory is \(shared(energy.memory / energy.dynamic)) of the dynamic energy of a token") }
        lines += provenance
        if let note = simulation.device.note { lines.append("note: \(note)") }
        return lines
    }

    /// What a reader should not take for measured.
    private var provenance: [String] {
        let numbers = simulation.numbers
        return [Quantity.Kind.claimed, .derived, .recalled, .assumed].compactMap { kind in
            let some = numbers.filter { $0.kind == kind }
            guard !some.isEmpty else { return nil }
            return "\(kind.rawValue): " + some.map { "\($0.path) = \($0.text)" }.joined(separator: ", ")
        }
    }
}
