import Basis
import Toolkit

/// What `sim-hw validate` says.
public struct ValidationReport {
    private let validation: Validation

    public init(_ validation: Validation) { self.validation = validation }

    /// A tier with what is demanded of it.
    private struct Verdict {
        let tier: ValidationPoint.Tier
        let text: String
        let holds: Bool
    }

    /// Whether every exact point and the calibrated ones together lie in their bands.
    public var holds: Bool { verdicts.allSatisfy(\.holds) }

    private var verdicts: [Verdict] {
        let exact = errors(.exact), calibrated = errors(.calibrated), free = errors(.outOfSample), first = firstErrors(.outOfSample)
        return [
            Verdict(tier: .exact, text: "worst \(shared(exact.max() ?? 0)), at most 1 % demanded", holds: exact.allSatisfy { $0 <= 0.01 }),
            Verdict(
                tier: .calibrated, text: "mean \(shared(mean(calibrated))) over \(calibrated.count) numbers, at most 15 % demanded",
                holds: mean(calibrated) <= 0.15),
            Verdict(
                tier: .outOfSample, text: "nothing fitted to them: median \(shared(median(free))) over \(free.count) numbers, "
                    + "\(shared(median(first))) over the first number of each of \(first.count) points", holds: true),
        ]
    }

    private func errors(_ tier: ValidationPoint.Tier) -> [Double] {
        validation.results.filter { $0.point.tier == tier }.map(\.error.magnitude)
    }

    /// The error of each point's first number, which is what it is about.
    private func firstErrors(_ tier: ValidationPoint.Tier) -> [Double] {
        validation.points.filter { $0.tier == tier }.compactMap { point in
            validation.results.first { $0.point.id == point.id }?.error.magnitude
        }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted(), middle = sorted.count / 2
        guard !sorted.isEmpty else { return 0 }
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    public var text: String {
        let head = ["point", "tier", "kind", "device", "number", "predicted", "published", "error", "remark"]
        let rows = validation.results.map { result in
            let item = result.item
            return [
                result.point.id, result.point.tier.rawValue, result.point.kind.rawValue, item.device ?? result.point.device, item.label,
                value(result.predicted, item.unit), value(item.published, item.unit), signed(result.error), item.flag ?? "",
            ]
        }
        let notes = validation.points.map(describe).joined()
        return table([head] + rows, rightAligned: [5, 6, 7]) + "\n" + notes + "\n"
            + table(verdicts.map { [$0.tier.rawValue, $0.holds ? "holds" : "FAILS", $0.text] })
    }

    private func describe(_ point: ValidationPoint) -> String {
        let lines = ["\(point.id), \(point.kind.rawValue): \(point.title). \(point.source)"]
            + [point.assumption.map { "assumed: \($0)" }, point.note].compactMap { $0.map { "    \($0)" } }
        return lines.map { $0 + "\n" }.joined()
    }

    private func signed(_ error: Double) -> String { (error > 0 ? "+" : "") + "\(decimal(100 * error, 1)) %" }

    private func value(_ number: Double, _ unit: Dimension) -> String {
        switch unit {
        case .seconds: timed(number)
        case .joules: joulesText(number)
        case .watts: "\(rounded(number)) W"
        case .perSecond: "\(rounded(number)) /s"
        case .cycles: "\(decimal(number, 0)) cycles"
        default: rounded(number)
        }
    }

    public var json: JSON {
        [
            "holds": .bool(holds),
            "tiers": .array(verdicts.map { ["tier": .string($0.tier.rawValue), "holds": .bool($0.holds), "text": .string($0.text)] }),
            "results": .array(validation.results.map { result in
                [
                    "point": .string(result.point.id), "tier": .string(result.point.tier.rawValue),
                    "kind": .string(result.point.kind.rawValue), "device": .string(result.item.device ?? result.point.device),
                    "number": .string(result.item.label),
                    "predicted": .number(result.predicted), "published": .number(result.item.published),
                    "unit": .string(result.item.unit.rawValue), "error": .number(result.error), "source": .string(result.point.source),
                    "flag": result.item.flag.map(JSON.string) ?? .null,
                ]
            }),
        ]
    }
}
