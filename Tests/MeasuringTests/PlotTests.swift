import Basis
import Measuring
import Testing
import Toolkit

/// Recorded runs, and what is drawn of them.
@Suite struct PlotTests {
    static let limit = #"{"record": "limit", "threads": 2, "read_bytes_per_second": 2e10, "multiply_adds_per_second": 4e11}"#

    private func speed(_ phase: String, batch: Int, context: Int) -> String {
        """
        {"record": "speed", "phase": "\(phase)", "threads": 2, "batch": \(batch), "context": \(context), "tokens_per_second": \(10 * batch), \
        "bytes_per_token": 1e9, "multiply_adds_per_token": 5e9}
        """
    }

    private func run(_ model: String, contexts: [Int] = []) -> String {
        let decodes = [1, 16].map { speed("decode", batch: $0, context: 0) } + contexts.map { speed("decode", batch: 1, context: $0) }
        let lines = [#"{"record": "machine"}"#, "{\"record\": \"model\", \"model\": \"\(model)\"}", Self.limit, speed("prefill", batch: 1, context: 512)]
        return (lines + decodes).map { $0 + "\n" }.joined()
    }

    private func script(_ text: String) throws -> String { SpeedPlot(try RecordedRun.all(in: Array(text.utf8))).script() }

    @Test func `each measurement is drawn under the limits`() throws {
        let script = try script(run("it's one")), lines = script.split(separator: "\n")
        #expect(script.contains("'it''s one'"), "quotes are doubled")
        #expect(lines.contains("5.0 50.0 \"prefill 512\"") && lines.contains("5.0 800.0 \"16 by 2\""))
        #expect(script.contains("x*20.0 < 400.0"))
        // At 16 texts: their speed, and the lesser of 2e10 / 1e9 and 4e11 / 5e9.
        #expect(lines.contains("16 160.0 20.0"))
        #expect(script.contains("layout 1,2") && !script.contains("'Context'"))
    }

    @Test func `several runs are drawn together, contexts where there are some`() throws {
        let script = try script(run("one", contexts: [64, 128]) + run("two"))
        #expect(try RecordedRun.all(in: Array((run("one") + run("two")).utf8)).map(\.model) == ["one", "two"])
        #expect(script.contains("layout 1,3") && script.contains("$batch1") && script.contains("$context0") && !script.contains("$context1"))
    }

    static let bad = [
        "", "{}", "[1]", "{", #"{"record": "machine"}"#, #"{"record": "model", "model": "x"}"#,
        limit + "\n" + #"{"record": "model", "model": "x"}"# + "\n" + #"{"record": "speed", "phase": "decode"}"#,
        #"{"record": "model", "model": "x"}"# + "\n" + #"{"record": "speed", "phase": "sleep", "threads": 1, "batch": 1}"#,
    ]

    @Test(arguments: bad) func `what is no run is refused`(_ text: String) {
        #expect(throws: Failure.self) { try RecordedRun.all(in: Array(text.utf8)) }
    }

    @Test func `no number that would break a script gets into it`() {
        for value in ["0", "-1", "1e999", "null", "\"1\"", "[]"] {
            let text = run("x").replacing("\"bytes_per_token\": 1e9", with: "\"bytes_per_token\": \(value)")
            #expect(throws: Failure.self) { try RecordedRun.all(in: Array(text.utf8)) }
        }
    }

    private static let log = """
        {"step":1,"loss":3.5,"gradient_norm":2,"rate":0.1,"tokens":64,"seconds":0.5}
        {"step":2,"loss":3.25,"gradient_norm":1.5,"rate":0.05,"tokens":64,"seconds":0.5}
        {"step":2,"held_out_loss":3.75,"held_out_tokens":9,"held_out_bits_per_byte":1.5}

        """

    @Test func `a log is drawn, losses together and each other quantity alone`() throws {
        let cut = try LearningCurve("it's", log: Array((Self.log + "\n{\"step\":3,\"lo").utf8))
        #expect(try cut == LearningCurve("it's", log: Array(Self.log.utf8)))
        #expect(LearningCurve.isLog(Array(Self.log.utf8)) && !LearningCurve.isLog(Array(run("x").utf8)) && !LearningCurve.isLog([]))
        let curve = try LearningCurve("it's", log: Array(Self.log.utf8)), script = LearningPlot([curve, curve]).script()
        let lines = script.split(separator: "\n")
        #expect(lines.contains("1 3.5") && lines.contains("2 3.25") && lines.contains("2 3.75") && lines.contains("2 1.5"))
        #expect(script.contains("'it''s, held out loss'") && script.contains("layout 2,2"))
        #expect(lines.count { $0.hasPrefix("plot ") } == 4, "losses, norm, rate, bits")
    }

    @Test(arguments: ["", "{}", "[1]", #"{"step": 1}"#, #"{"step": -1, "loss": 1}"#, #"{"loss": 1}"#])
    func `what is no log is refused`(_ text: String) {
        #expect(throws: Failure.self) { try LearningCurve("x", log: Array(text.utf8)) }
    }

    @Test func `the suffix says what is drawn`() {
        #expect(PlotTerminal(path: "a/b.PNG") == .png && PlotTerminal(path: "x.y.svg") == .svg)
        for path in ["", "x", "x.pdf", ".", "png/x"] { #expect(PlotTerminal(path: path) == nil) }
    }
}
