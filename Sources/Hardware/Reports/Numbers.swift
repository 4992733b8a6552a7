// The numbers of a device that a simulation looked at.
extension Simulation {
    /// Each once, by where it stands in the file.
    public var numbers: [Quantity] {
        let pass = (try? pass(.init(sequences: workload.batch))) ?? nil
        let kinds = Set(pass?.kernels.map(\.kind) ?? []).union([.vector])
        let engines = Set(kinds.map { device.engines.engine(for: $0) })
        let levels = device.memories.filter { level in
            level == roofline.home || pass?.kernels.contains { $0.bytes[level.name] != nil } ?? false
        }
        let all = engines.flatMap(\.numbers) + levels.flatMap(\.numbers) + device.power.numbers + device.launching
            + (device.chips > 1 ? device.link?.numbers ?? [] : [])
        return Set(all.compactMap(\.self)).sorted { $0.path < $1.path }
    }
}

extension Device {
    fileprivate var launching: [Quantity?] { [overhead] + launchCounts.values.map(Optional.some) }
}

extension Engine {
    var numbers: [Quantity?] {
        [rate, unpack, accumulator, overhead, bandwidth, exponential, division, efficiency?.asNumber, residence?.asNumber]
    }
}

extension MemoryLevel {
    var numbers: [Quantity?] { [capacity, bandwidth, energy, efficiency?.asNumber] }
}

extension Power {
    var numbers: [Quantity?] { [idle, busy, host] }
}

extension Link {
    var numbers: [Quantity?] { [bandwidth, latency, energy] }
}

extension Curve {
    /// Its first and last share, as far as its source matters.
    fileprivate var asNumber: Quantity {
        let text = "\(points.first?.share ?? 1) to \(points.last?.share ?? 1)"
        return Quantity(points.last?.share ?? 1, text: text, kind: kind, source: source, path: path)
    }
}
