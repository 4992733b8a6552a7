/// The energy that the processors' packages have used, by the counters of RAPL (Intel, "Software Developer's Manual" volume 3,
/// section 15.10; AMD has them too), as Linux shows them under /sys/class/powercap. Most systems let root alone read them.
public struct EnergyMeter: Sendable {
    private let packages: [Package]

    private struct Package {
        let path: String
        /// Microjoules after which the counter starts again.
        let range: Int
    }

    /// A reading of all counters, in microjoules.
    public struct Reading: Sendable { fileprivate let counters: [Int] }

    /// Nil where there are no counters, or none that may be read.
    public init?(folder: String = "/sys/class/powercap") {
        // A package is intel-rapl:0; what has a further number is a part of one.
        packages = (0..<64).compactMap { number in
            let path = "\(folder)/intel-rapl:\(number)"
            guard let range = Self.number("\(path)/max_energy_range_uj"), Self.number("\(path)/energy_uj") != nil else { return nil }
            return Package(path: "\(path)/energy_uj", range: range)
        }
        if packages.isEmpty { return nil }
    }

    public func reading() -> Reading { Reading(counters: packages.map { Self.number($0.path) ?? 0 }) }

    /// Joules from one reading to another, less than a counter's range later.
    public func joules(from start: Reading, to end: Reading) -> Double {
        var sum = 0
        for (index, package) in packages.enumerated() {
            let difference = end.counters[index] - start.counters[index]
            sum += difference < 0 ? difference + package.range : difference
        }
        return Double(sum) / 1e6
    }

    private static func number(_ path: String) -> Int? {
        guard let digits = systemFile(path)?.prefix(while: { (48...57).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
