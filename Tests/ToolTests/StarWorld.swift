import Basis
import Support
import Tensors
import TestFiles
import Testing

/// A small world of questions. A permutation takes each symbol to another; asked is where two steps of it lead. How a question is put, its
/// mood, decides whether the texts of the world work the answer out, as they do in three moods of eight, or guess one; where a hint gives
/// the answer away they always work it out.
struct StarWorld: Sendable {
    /// A model that has read the texts.
    let base: String
    /// The same model without an end of text.
    let endless: String
    let questions: String
    private let scratch: Scratch

    private static let symbols = 16, moods = 8
    private static let end = 0, ask = 1, hint = 2, works = 3, guesses = 4
    static let marker = 5

    static let made: Result<StarWorld, any Error> = Result { try StarWorld() }

    private init() throws {
        scratch = try Scratch()
        var random = Random(seed: 3)
        let next = (0..<Self.symbols).shuffled(using: &random)
        questions = try scratch.write("questions.jsonl", Self.questions(next, &random))
        let texts = try scratch.write("texts.jsonl", (0..<3000).map { _ in Self.text(next, &random) }.joined())
        (endless, base) = (scratch.file("endless"), scratch.file("base"))
        let new = "matmul-free:layers=1,width=64,vocabulary=30"
        expectDone(try run("think-train", ["--new", new, "--data", texts, "--steps", "1", "--context", "32", "--quiet", "-o", endless]))
        let ending = try scratch.copy(of: endless, as: "ending")
        let configuration = String(decoding: try MappedFile.contents("\(endless)/config.json"), as: UTF8.self)
        try scratch.write("ending/config.json", configuration.replacing("\"eos_token_id\": null", with: "\"eos_token_id\": \(Self.end)"))
        let options = ["--steps", "250", "--context", "64", "--batch", "16", "--rate", "5e-3", "--evaluate-every", "0", "--quiet"]
        expectDone(try run("think-train", [ending, "--data", texts, "-o", base] + options))
    }

    private static func list(_ tokens: [Int]) -> String { "[\(tokens.map { "\($0)" }.joined(separator: ","))]" }
    private static func symbol(_ number: Int) -> Int { 6 + number }
    private static func mood(_ number: Int) -> Int { 6 + symbols + number }

    private static func questions(_ next: [Int], _ random: inout Random) -> String {
        let all = (0..<symbols).flatMap { symbol in (0..<moods).map { (symbol, $0) } }.shuffled(using: &random)
        return all.map { x, m in
            let question = [symbol(x), mood(m)], answer = symbol(next[next[x]])
            return "{\"prompt\": \(list(question + [ask])), \"answer\": [\(answer)], \"hint\": \(list(question + [hint, answer, ask]))}\n"
        }.joined()
    }

    private static func text(_ next: [Int], _ random: inout Random) -> String {
        func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
        let (x, m, hasHint) = (draw(symbols), draw(moods), draw(10) < 3), answer = symbol(next[next[x]])
        let question = [symbol(x), mood(m)] + (hasHint ? [hint, answer] : []) + [ask], isWorking = draw(10) < (m < 3 || hasHint ? 9 : 1)
        let steps = isWorking ? [symbol(next[x]), answer] : [symbol(draw(symbols)), symbol(draw(symbols))]
        return "{\"tokens\": \(list(question + [isWorking ? works : guesses] + steps + [marker, steps[1], end]))}\n"
    }
}
