import Basis
import Toolkit

/// What `sim-hw validate` says.
public struct ValidationReport {
    private let validation: Validation

    public init(_ validation: Validation) { self.validation = validation }

    /// A tier with what is demanded of it; nil where nothing is.
    private struct Verdict {
        let tier: ValidationPoint.Tier
        let text: String
        let holds: Bool?
    }

    /// Whether every exact point and the calibrated ones together lie in their bands.
    public var holds: Bool { verdicts.allSatisfy { $0.holds ?? true } }

    private var verdicts: [Verdict] {
        let exact = errors(.exact), calibrated = errors(.calibrated)
        return [
            Verdict(tier: .exact, text: "worst \(shared(exact.max() ?? 0)), at most 1 % demanded", holds: exact.allSatisfy { $0 <= 0.01 }),
            Verdict(
                tier: .calibrated, text: "mean \(shared(mean(calibrated))) over \(calibrated.count) numbers, at most 15 % demanded",
                holds: mean(calibrated) <= 0.15),
            Verdict(tier: .outOfSample, text: outOfSample, holds: nil),
        ]
    }

    /// Several medians, for each answers another question: how far off is a number, what a point is about, a point as a whole?
    private var outOfSample: String {
        let all = errors(.outOfSample), points = validation.points.filter { $0.tier == .outOfSample }.map { errors(of: $0) }
        return "no speed fitted to them: median \(shared(median(all))) over \(all.count) numbers, "
            + "\(shared(median(points.compactMap(\.first)))) over the first number of each of \(points.count) points, "
            + "\(shared(median(points.map(mean)))) over their means"
    }

    private func errors(_ tier: ValidationPoint.Tier) -> [Double] {
        validation.points.filter { $0.tier == tier }.flatMap { errors(of: $0) }
    }

    /// Of those of its numbers that are predictions.
    private func errors(of point: ValidationPoint) -> [Double] {
        validation.results.filter { $0.point.id == point.id && !$0.item.isGiven }.map(\.error.magnitude)
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted(), middle = sorted.count / 2
        guard !sorted.isEmpty else { return 0 }
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// For people.
    public var text: String {
        let head = ["point", "tier", "kind", "device", "number", "predicted", "published", "error", "remark"]
        let rows = validation.results.map { result in
            let item = result.item
            return [
                result.point.id, result.point.tier.rawValue, result.point.kind.rawValue, item.device ?? result.point.device, item.label,
                value(result.predicted, item.unit), value(item.published, item.unit), signed(result.error),
                result.implied.map { "would take \(counted($0))op/s a chip" } ?? item.flag ?? "",
            ]
        }
        let notes = validation.points.map(describe).joined()
        return table([head] + rows, rightAligned: [5, 6, 7]) + "\n" + notes + "\n"
            + table(verdicts.map { [$0.tier.rawValue, $0.holds.map { $0 ? "holds" : "FAILS" } ?? "reported", $0.text] })
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

    /// As one object; sim-hw(1) lists its members.
    public var json: JSON {
        [
            "holds": .bool(holds),
            "tiers": .array(verdicts.map { verdict in
                [
                    "tier": .string(verdict.tier.rawValue), "holds": verdict.holds.map(JSON.bool) ?? .null, "text": .string(verdict.text),
                ]
            }),
            "results": .array(validation.results.map { result in
                [
                    "point": .string(result.point.id), "tier": .string(result.point.tier.rawValue),
                    "kind": .string(result.point.kind.rawValue), "device": .string(result.item.device ?? result.point.device),
                    "number": .string(result.item.label),
                    "predicted": .number(result.predicted), "published": .number(result.item.published),
                    "unit": .string(result.item.unit.rawValue), "error": .number(result.error), "source": .string(result.point.source),
                    "flag": result.item.flag.map(JSON.string) ?? .null,
                    "implied_operations_per_second": result.implied.map(JSON.number) ?? .null,
                ]
            }),
        ]
    }
}
