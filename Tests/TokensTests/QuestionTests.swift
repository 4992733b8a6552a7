import Basis
import TestFiles
import Testing
import Tokens

/// Questions with their answers, read from JSON lines.
@Suite struct QuestionTests {
    /// Puts a token in front of a text.
    private let tokenizer: Tokenizer

    init() throws { tokenizer = try Tokenizer(json: Golden.bytes("mistral-tiny/tokenizer.json")) }

    private func read(_ text: String, tokens only: Bool = false) throws -> [Question] {
        try Question.read(Scratch().write("q.jsonl", text), only ? nil : tokenizer, vocabulary: 100_000)
    }

    @Test func `texts are encoded where they stand`() throws {
        let question = try #require(try read(#"{"prompt": "One and one?", "answer": " two", "hint": "It is two.", "kind": "sum"}"#).first)
        #expect(question.prompt == tokenizer.encode("One and one?") && question.hint == tokenizer.encode("It is two."))
        #expect(question.prompt != tokenizer.encode("One and one?", addingSpecialTokens: false))
        #expect(question.answer == tokenizer.encode(" two", addingSpecialTokens: false))
        #expect(question.kind == "sum" && question.examples == [])
    }

    @Test func `where there are examples, these begin the text`() throws {
        let question = try #require(try read(#"{"examples": "A: a\n", "prompt": "B:", "answer": "b", "hint": "B: b."}"#).first)
        #expect(question.examples == tokenizer.encode("A: a\n"))
        #expect(question.prompt == tokenizer.encode("B:", addingSpecialTokens: false))
        #expect(question.hint == tokenizer.encode("B: b.", addingSpecialTokens: false))
    }

    @Test func `tokens are taken as they are, empty lines are passed over`() throws {
        let lines = "\n{\"prompt\": [7, 8], \"answer\": [9]}\n \r\n{\"examples\": [1], \"prompt\": [], \"answer\": [2, 3]}"
        let questions = try read(lines, tokens: true)
        #expect(questions.map(\.prompt) == [[7, 8], []] && questions.map(\.answer) == [[9], [2, 3]])
        #expect(questions.map(\.examples) == [[], [1]] && questions.allSatisfy { $0.kind == nil && $0.hint == nil })
    }

    @Test(arguments: [
        ("", "has no question"), ("\n \n", "has no question"), ("[1]", "line 1: the line is no JSON object"), ("{", "line 1: "),
        (#"{"prompt": [1]}"#, "no 'prompt' or no 'answer'"), (#"{"answer": [1]}"#, "no 'prompt' or no 'answer'"),
        (#"{"prompt": [1], "answer": []}"#, "is empty"), (#"{"prompt": [], "answer": [1]}"#, "is empty"),
        (#"{"prompt": [1], "answer": [2]}"# + "\n" + #"{"prompt": [1], "answer": [2], "reply": 3}"#, "line 2: unknown member 'reply'"),
        (#"{"prompt": [1], "answer": 2}"#, "'answer' is neither"), (#"{"prompt": null, "answer": [2]}"#, "'prompt' is neither"),
        (#"{"prompt": [1, 200000], "answer": [2]}"#, "'prompt' holds 200000"), (#"{"prompt": [1], "answer": [-1]}"#, "'answer' holds -1"),
        (#"{"prompt": [1], "answer": [0.5]}"#, "'answer' holds 0.5"), (#"{"prompt": [1], "answer": [2], "kind": 7}"#, "'kind' is no string"),
        (#"{"prompt": "a", "answer": [2]}"#, "'prompt' is text, but the model has no tokenizer"),
    ]) func `what is no question is told`(_ text: String, _ expected: String) {
        let found = fact { _ = try read(text, tokens: true) }
        #expect(found.contains(expected) && found.contains("q.jsonl"), "\(found)")
    }
}
