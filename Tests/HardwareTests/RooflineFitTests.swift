import Basis
import Catalog
import Hardware
import Testing

@Suite struct RooflineFitTests {
    private func table(_ launches: [(bytes: Double, operations: Double)], _ seconds: (Double, Double) -> Double) -> [UInt8] {
        let lines = launches.map { "\($0.bytes),\(seconds($0.bytes, $0.operations)),\($0.operations)\n" }
        return Array(("bytes,seconds,operations\n" + lines.joined()).utf8)
    }

    private func value(_ json: JSON, _ key: String) throws -> Double { try #require(json[key]?["value"]?.doubleValue) }

    @Test func `a roofline is found in what it says`() throws {
        let launches = [(1e3, 1e3), (1e6, 1e6), (1e7, 1e6), (1e6, 1e9), (1e5, 1e10), (1e8, 1e8)]
        let json = try RooflineFit(csv: table(launches) { 5e-6 + max($0 / 1e9, $1 / 2e12) }).json
        #expect((try value(json, "overhead") / 5e-6 - 1).magnitude < 1e-6)
        #expect((try value(json, "bandwidth") / 1e9 - 1).magnitude < 1e-6)
        #expect((try value(json, "rate") / 2e12 - 1).magnitude < 1e-6)
    }

    @Test func `launches of one kind say nothing of the other`() throws {
        let launches = [(1e3, 1.0), (1e6, 1.0), (1e7, 1.0), (1e8, 1.0)]
        let json = try RooflineFit(csv: table(launches) { bytes, _ in 1e-5 + bytes / 3e9 }).json
        #expect((try value(json, "bandwidth") / 3e9 - 1).magnitude < 1e-6)
        #expect(json["rate"] == .null)
    }

    /// The kernels of microsoft/BitNet (gpu/README.md), rows by columns and microseconds: the fit that the A100's file names as its source
    /// is about as good.
    @Test func `the A100 of the catalogue is what its source says`() throws {
        let kernels = [
            (2560.0, 2560.0, 13.32), (3840, 2560, 14.90), (13824, 2560, 18.75), (2560, 6912, 14.49), (3200, 3200, 14.61), (4800, 3200, 13.09),
            (3200, 10240, 19.64), (20480, 3200, 30.99),
        ]
        let lines = kernels.map { "\($0.0 * $0.1 / 4),0,\($0.2 * 1e-6)\n" }
        let fit = try RooflineFit(csv: Array(("bytes,operations,seconds\n" + lines.joined()).utf8)).json
        let file = try #require(Catalog.devices.first { $0.name == "a100-40g" })
        let engine = try #require(try JSON(parsing: file.json)["engines"]?["ternary"])
        let (overhead, bandwidth) = (try value(engine, "overhead") * 1e-6, try value(engine, "bandwidth") * 1e9)
        let shipped = kernels.reduce(0) { $0 + ((overhead + $1.0 * $1.1 / 4 / bandwidth) / ($1.2 * 1e-6) - 1).magnitude / 8 }
        let best = try #require(fit["mean_error"]?.doubleValue)
        #expect(best < 0.08)
        #expect(shipped < best + 0.01)
    }

    @Test(arguments: [
        ("", "is empty"), ("bytes,seconds\n1,1\n", "has no column 'operations'"), ("bytes,operations,seconds\n1,2,3\n", "has 1 launches"),
        ("bytes,operations,seconds\n1,2,3\n1,x,3\n1,2,3\n", "line 3: holds no number"),
        ("bytes,operations,seconds\n1,2,3\n1,2\n1,2,3\n", "line 3: holds no number"),
        ("bytes,operations,seconds\n1,2,3\n-1,2,1\n1,2,3\n", "line 3: holds no number"),
        ("bytes,operations,seconds\n1,2,3\n1,2,0\n1,2,3\n", "line 3: holds no time"),
        ("bytes,operations,seconds\n1,2,nan\n1,2,inf\n1,2,3\n", "line 2: holds no number"),
    ]) func `a bad table is told in one line`(_ text: String, _ expected: String) {
        do {
            _ = try RooflineFit(csv: Array(text.utf8))
            Issue.record("'\(text)' was taken")
        } catch { #expect("\(error)".hasPrefix(expected), "\(error)") }
    }
}
