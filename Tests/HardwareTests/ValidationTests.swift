import Basis
import Catalog
import Hardware
import Models
import Testing
import Tensors
import Toolkit

/// The published numbers that come with the program.
@Suite struct ValidationTests {
    private static let validation = Result {
        try Validation(
            device: bundled,
            table: { name in try EnergyTable(JSON(parsing: Catalog.energyTables.first { $0.name == name }?.json ?? [])) },
            graph: { json in
                guard let name = json.stringValue else { return try ModelSketch.graph(of: json) }
                return try ModelSketch(name, threads: ThreadPool(threads: 1)).graph
            })
    }

    private static func results() throws -> [JSON] { try ValidationReport(validation.get()).json["results"]?.arrayValue ?? [] }

    private static let tiers: [String: [String]] = [
        "exact": ["V7", "V8", "V9", "V11"], "calibrated": ["V1", "V3", "V4", "V5", "V6"],
        "out-of-sample": ["V2", "V13", "V14", "V15", "V16", "V17", "V18", "V19", "V20", "V21", "V23"], "claim": ["V26", "V27"],
        "projection": ["V12"], "reported": ["V10", "V22", "V24", "V25", "V28", "V29"],
    ]

    @Test func `there are 29 points in order, each in its tier, with its source`() throws {
        let results = try Self.results()
        var ids: [String] = []
        for result in results where ids.last != result["point"]?.stringValue { ids.append(result["point"]?.stringValue ?? "") }
        #expect(ids == (1...29).map { "V\($0)" })
        for (tier, points) in Self.tiers {
            #expect(Set(results.filter { $0["tier"]?.stringValue == tier }.compactMap { $0["point"]?.stringValue }) == Set(points), "\(tier)")
        }
        for result in results {
            #expect((result["source"]?.stringValue ?? "").count > 10, "\(result)")
            #expect(Catalog.devices.contains { $0.name == result["device"]?.stringValue }, "\(result)")
        }
    }

    @Test func `errors follow from what was predicted and published`() throws {
        for result in try Self.results() {
            let (a, b, error) = (result["predicted"]?.doubleValue ?? .nan, result["published"]?.doubleValue ?? .nan, result["error"]?.doubleValue ?? .nan)
            #expect(a > 0 && b > 0 && isClose(error + 1, a / b), "\(result)")
        }
    }

    @Test func `claims are called claims, and projections projections`() throws {
        for result in try Self.results() {
            let (tier, kind) = (result["tier"]?.stringValue, result["kind"]?.stringValue)
            #expect((tier == "claim") == (kind == "claimed") && (tier == "projection") == (kind == "projected"), "\(result)")
        }
    }

    /// Of the numbers of a tier, in plain loops.
    @Test func `tiers hold where their errors say so`() throws {
        let report = try ValidationReport(Self.validation.get()), results = report.json["results"]?.arrayValue ?? []
        func errors(_ tier: String) -> [Double] { results.filter { $0["tier"]?.stringValue == tier }.compactMap { $0["error"]?.doubleValue?.magnitude } }
        let exact = errors("exact"), calibrated = errors("calibrated")
        #expect(exact.count >= 4 && calibrated.count >= 40)
        let isExact = exact.allSatisfy { $0 <= 0.01 }, isNear = calibrated.reduce(0, +) <= 0.15 * Double(calibrated.count)
        #expect(isExact, "errors \(exact)")
        #expect(isNear, "mean error \(calibrated.reduce(0, +) / Double(calibrated.count))")
        #expect(report.holds == (isExact && isNear))
    }
}
