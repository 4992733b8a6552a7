import Toolkit

// Numbers for people, in four digits or so.

/// `1.23 GB`
func sized(_ bytes: Double) -> String { scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB", "EB"]) }

/// `1.23 G`
func counted(_ count: Double) -> String {
    count < 10_000 ? decimal(count, 0) : scaled(count, ["", "k", "M", "G", "T", "P", "E"])
}

/// `1.23 ms`
func timed(_ seconds: Double) -> String { fine(seconds, "s") }

/// `1.23 mJ`
func joulesText(_ joules: Double) -> String { fine(joules, "J") }

/// `12.3 %`
func shared(_ share: Double) -> String { "\(decimal(100 * share, share < 0.0995 ? 1 : 0)) %" }

/// Four digits, as many of them behind the point as are left.
func rounded(_ value: Double) -> String {
    let size = value.magnitude
    return decimal(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6)
}

private func scaled(_ value: Double, _ units: [String]) -> String {
    var (value, unit) = (value, 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\(decimal(value, unit == 0 ? 0 : 2)) \(units[unit])"
}

private func fine(_ value: Double, _ unit: String) -> String {
    let steps = [(1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p")]
    guard value > 0, let step = steps.first(where: { value >= $0.0 }) ?? steps.last else { return "0 \(unit)" }
    let scaled = value / step.0
    return "\(decimal(scaled, scaled >= 100 ? 1 : scaled >= 10 ? 2 : 3)) \(step.1)\(unit)"
}
