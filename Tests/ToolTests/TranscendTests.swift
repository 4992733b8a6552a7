import Basis
import Support
import TestFiles
import Testing

/// `bench transcend`.
@Suite struct TranscendTests {
    private func records(_ options: [String]) throws -> [JSON] {
        let outcome = try run("bench", ["transcend", "--json"] + options)
        expectDone(outcome)
        return try outcome.lines.map { try JSON(parsing: $0) }
    }

    private func number(_ record: JSON?, _ key: String) throws -> Double { try #require(record?[key]?.doubleValue, "\(key)") }

    @Test func `a linear model transcends experts that are wrong enough, and only when it is greedy`() throws {
        let records = try records(["--experiment", "linear", "--seeds", "3"])
        #expect(records.count == 4 * 7 && records.allSatisfy { $0["seeds"] == 3 })
        func record(_ arm: String, _ temperature: Double) -> JSON? {
            records.first { $0["arm"]?.stringValue == arm && $0["temperature"]?.doubleValue == temperature }
        }
        #expect(try number(record("sigma=1.0", 0.001), "difference_lower") > 0.05)
        #expect(try number(record("sigma=2.0", 0.001), "difference_lower") > 0.02)
        // Proposition 1: never at temperature 1.
        for arm in ["sigma=0.1", "sigma=0.3", "sigma=1.0", "sigma=2.0"] { #expect(try number(record(arm, 1), "difference") < 0.01, "\(arm)") }
        #expect(try abs(number(record("sigma=0.1", 0.001), "difference")) < 0.02)
        for record in records {
            #expect(try number(record, "mean_expert") <= number(record, "best_expert"))
            #expect(try abs(number(record, "accuracy") - number(record, "best_expert") - number(record, "difference")) < 1e-9)
        }
    }

    @Test func `a language model transcends experts with mistakes of their own, not such as share them`() throws {
        let records = try records(["--experiment", "adding", "--seeds", "2"])
        func greedy(_ arm: String) -> JSON? { records.first { $0["arm"]?.stringValue == arm && $0["temperature"]?.doubleValue == 0.001 } }
        #expect(try number(greedy("diverse"), "difference") > 0.1 && number(greedy("diverse"), "ceiling") > 0.95)
        for arm in ["shared", "single"] {
            #expect(try abs(number(greedy(arm), "difference")) < 0.02 && number(greedy(arm), "ceiling") == number(greedy(arm), "best_expert"), "\(arm)")
        }
    }

    @Test func `the numbers follow from the seed alone, and are drawn`() throws {
        let scratch = try Scratch(), options = ["--experiment", "linear", "--seeds", "3"]
        let one = try run("bench", ["transcend", "--json", "--threads", "1"] + options), other = try run("bench", ["transcend", "--json", "--threads", "3"] + options)
        #expect(one.output == other.output)
        #expect(try run("bench", ["transcend", "--json", "--seed", "1"] + options).output != one.output)
        let script = try run("bench", ["plot", scratch.write("records", one.output)])
        expectDone(script)
        #expect(script.text.contains("yerrorlines") && script.text.contains("'sigma=0.3'") && script.text.contains("layout 1,1"))
        let table = try run("bench", ["transcend"] + options)
        expectDone(table)
        #expect(table.lines.count { $0.hasPrefix("linear, sigma=") } == 4 && table.lines.contains { $0.hasSuffix("transcends") })
        expectRefused(try run("bench", ["plot", scratch.write("x", one.text + "{}\n")]), "bench", "line 29: is no record of bench transcend")
        expectRefused(try run("bench", ["transcend", "--plot", "x.pdf"]), "bench", "neither .png nor .svg")
    }
}
