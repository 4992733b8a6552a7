import Basis
import Measuring
import Testing

/// Records of quality, and what is drawn of them.
@Suite struct QualityPlotTests {
    private static let text = """
        "text": {"results": [{"think": 0, "nats_per_token": 3, "nats_per_token_error": 0.5, "bits_per_byte": 2.5, "bits_per_byte_error": 0.25}, \
        {"think": 4, "nats_per_token": 2, "nats_per_token_error": null, "bits_per_byte": 1.5, "bits_per_byte_error": null}]}
        """
    private static let questions = """
        "questions": {"results": [{"kind": null, "think": 0, "accuracy": 0.5, "accuracy_error": 0.125}, \
        {"kind": null, "think": 4, "accuracy": 0.75, "accuracy_error": 0.0625}, {"kind": "it's", "think": 0, "accuracy": 1, "accuracy_error": 0}]}
        """

    private static func record(_ model: String, _ parts: String...) -> String {
        "{" + (["\"record\": \"quality\"", "\"model\": \"\(model)\""] + parts).joined(separator: ", ") + "}\n"
    }

    private func script(_ text: String) throws -> String { QualityPlot(try QualityCurve.all(in: Array(text.utf8))).script() }

    @Test func `text and questions have a panel each, with errors`() throws {
        let script = try script(Self.record("a/model", Self.text, Self.questions)), lines = script.split(separator: "\n")
        #expect(script.contains("layout 1,2") && lines.count { $0.hasPrefix("plot ") } == 2)
        #expect(lines.contains("0 2.5 0.25") && lines.contains("4 1.5 0.0") && lines.contains("4 0.75 0.0625") && lines.contains("0 1.0 0.0"))
        #expect(script.contains("bits per byte") && !script.contains("nats a token"))
        #expect(script.contains("'it''s'") && script.contains("'all'") && script.contains("set xtics (0,4)"))
    }

    @Test func `where nobody knows the bytes, nats are drawn`() throws {
        let text = Self.text.replacing("\"bits_per_byte\": 2.5", with: "\"bits_per_byte\": null")
        let script = try script(Self.record("x", text))
        #expect(script.contains("'nats a token'") && !script.contains("'bits per byte'") && script.contains("\n0 3.0 0.5\n"))
    }

    @Test func `several models are told apart`() throws {
        let both = Self.record("a/one", Self.text, Self.questions) + Self.record("two", Self.questions)
        #expect(QualityCurve.isRecord(Array(both.utf8)) && !QualityCurve.isRecord(Array("{\"record\": \"machine\"}".utf8)))
        #expect(try QualityCurve.all(in: Array(both.utf8)).map(\.model) == ["a/one", "two"])
        let script = try script(both)
        for title in ["'one, all'", "'two, all'", "'two, it''s'"] { #expect(script.contains(title), "\(title)") }
    }

    @Test(arguments: [
        "{}", "[1]", "{", #"{"record": "machine"}"#, #"{"record": "quality"}"#, #"{"record": "quality", "model": "x"}"#,
        #"{"record": "quality", "model": "x", "text": {"results": []}}"#, record("x", text) + "{}",
        record("x", text.replacing("\"nats_per_token\": 3", with: "\"nats_per_token\": \"3\"").replacing("\"bits_per_byte\": 2.5, ", with: "")),
        record("x", questions.replacing("0.75", with: "null")), record("x", questions.replacing("\"think\": 4", with: "\"think\": -4")),
    ]) func `what is no record is refused`(_ text: String) {
        #expect(throws: Failure.self) { try QualityCurve.all(in: Array(text.utf8)) }
    }
}
