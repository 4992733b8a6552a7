import Basis
import Support
import TestFiles
import Testing

/// What `sim-hw calibrate` makes of a table and of this machine.
@Suite struct SimHWCalibrateTests {
    /// Launches of 20 us, 5 GB/s and 2 Top/s, as the roofline has them.
    private static let table: String = {
        let launches: [(bytes: Double, operations: Double)] = [(1e5, 1e3), (1e6, 1e4), (3e6, 1e4), (1e3, 1e8), (1e3, 1e9), (2e3, 4e9)]
        let lines = launches.map { "\($0.bytes),\(20e-6 + max($0.bytes / 5e9, $0.operations / 2e12)),\($0.operations)\n" }
        return "bytes,seconds,operations\n" + lines.joined()
    }()

    @Test func `a fit finds what a table was made of`() throws {
        let scratch = try Scratch(), file = try scratch.write("launches.csv", Self.table)
        let outcome = try run("sim-hw", ["calibrate", "--csv", file, "--json"]), text = try run("sim-hw", ["calibrate", "--csv", file])
        for outcome in [outcome, text] { expectDone(outcome) }
        let json = try JSON(parsing: outcome.text)
        for (key, wanted) in [("overhead", 20e-6), ("bandwidth", 5e9), ("rate", 2e12)] {
            let value = try #require(json[key]?["value"]?.doubleValue, "\(key)")
            #expect((value / wanted - 1).magnitude < 1e-6, "\(key): \(value)")
            #expect(json[key]?["kind"] == "derived" && json[key]?["source"]?.stringValue?.isEmpty == false)
        }
        #expect(json["errors"]?.arrayValue?.count == 6 && json["mean_error"]?.doubleValue ?? 1 < 1e-6)
        for line in ["overhead", "bandwidth", "rate", "errors"] { #expect(text.lines.contains { $0.hasPrefix(line) }, "\(line)") }
        #expect(text.text.contains("20.00 us") && text.text.contains("over 6 launches"))
    }

    @Test func `this machine becomes a device that run takes`() throws {
        let scratch = try Scratch(), file = scratch.file("this.json")
        let made = try run("sim-hw", ["calibrate", "--rounds", "1", "--seconds", "0", "--quiet", "-o", file])
        expectDone(made)
        #expect(made.output == [] && made.errors == "")
        let device = try JSON(parsing: bytes(of: file))
        let outcome = try run("sim-hw", ["run", "shape:mmfree-370m", "--device", file, "--json"])
        expectDone(outcome)
        let json = try JSON(parsing: outcome.text)
        #expect(json["device"] == device["device"] && json["device"]?.stringValue?.isEmpty == false)
        for key in ["first_token_seconds", "token_seconds"] { #expect(json[key]?.doubleValue ?? 0 > 0, "\(key)") }
    }
}
