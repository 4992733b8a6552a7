import Basis
import Glibc
import Support
import TestFiles
import Testing

/// A golden model in every form that the programs take, made once for all tests.
struct Made: Sendable, CustomStringConvertible {
    let golden: Golden
    let raw: String
    let packed: String
    let manifest: String

    var folder: String { golden.model }
    var description: String { golden.name }

    static let all: [Made] = {
        let names = ["mmfree-tiny-opts", "mmfree-tiny-bf16-sharded", "bitnet-tiny-packed", "llama-bitnet-tiny-packed", "shakespeare"]
        do { return try names.map { try Made(.named($0)) } } catch {
            Issue.record("cannot make the models: \(error)")
            return []
        }
    }()

    /// By far the smallest one, with a SentencePiece tokenizer.
    static var tiny: Made { get throws { try #require(all.first) } }
    /// The trained one, with a byte-level tokenizer.
    static var shakespeare: Made { get throws { try #require(all.last) } }

    private static let scratch: Scratch? = {
        atexit { if let scratch = Made.scratch { _ = try? run("/bin/rm", ["-rf", scratch.path]) } }
        return try? Scratch()
    }()

    private init(_ golden: Golden) throws {
        let scratch = try #require(Made.scratch)
        self.golden = golden
        raw = scratch.file("\(golden.name).raw")
        packed = scratch.file("\(golden.name).tern")
        try expectDone(run("quantize", [golden.model, "-o", raw]))
        try expectDone(run("pack", [raw, "-o", packed]))
        let text = try run("pack", ["--manifest", packed])
        expectDone(text)
        manifest = try scratch.write("\(golden.name).json", text.output)
    }
}

func expectDone(_ outcome: Outcome, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
    let told = "\(what): status \(outcome.status ?? -1), signal \(outcome.signal ?? 0): \(outcome.errors)"
    #expect(outcome.status == 0, "\(told)", sourceLocation: sourceLocation)
}

/// One line of failure, by the program's name, with the fact, and nothing else.
func expectRefused(
    _ outcome: Outcome, _ program: String, status: Int32 = 2, _ fact: String, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let told = "\(what): status \(outcome.status ?? -1), signal \(outcome.signal ?? 0), '\(outcome.errors)'"
    #expect(outcome.status == status, "\(told)", sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1 && outcome.errors.hasSuffix("\n"), "\(told)", sourceLocation: sourceLocation)
    #expect(
        outcome.errors.hasPrefix("\(program): ") && outcome.errors.contains(fact),
        "\(told), expected '\(fact)'", sourceLocation: sourceLocation)
    #expect(outcome.errors.utf8.count < 1000, "\(what)", sourceLocation: sourceLocation)
}

/// The answers to JSON lines.
func answers(_ model: String, _ requests: [JSON], _ options: [String] = [], environment: [String: String] = [:]) throws -> [JSON] {
    let lines = requests.map { $0.compact + "\n" }.joined()
    let outcome = try run("infer", [model, "--json"] + options, input: .text(lines), environment: environment)
    expectDone(outcome)
    #expect(outcome.errors == "")
    return try outcome.lines.map { try JSON(parsing: $0) }
}

func request(_ tokens: [Int32], _ options: JSONObject = [:]) -> JSON {
    var object: JSONObject = ["tokens": .array(tokens.map { .integer(Int($0)) })]
    for option in options.members { object[option.key] = option.value }
    return .object(object)
}

extension JSON {
    var tokens: [Int32] { (self["tokens"]?.arrayValue ?? []).map { Int32($0.intValue ?? -1) } }
    var answer: String { self["text"]?.stringValue ?? "" }
}
