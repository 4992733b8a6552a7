import Basis
import Generation
import Glibc
import Tokens
import Toolkit

/// Prints answers in the order of their prompts, each as soon as those before it are out. On a terminal the text of the one whose turn
/// it is appears as it is made.
final class AnswerPrinter {
    private let json: Bool
    /// Answers are messages of an assistant.
    private let isChat: Bool
    private let showsThoughts: Bool
    private let tokenizer: Tokenizer?
    private let out = DescriptorSink.standardOutput()
    private let streams: Bool
    private var ids: [JSON?] = []
    private var waiting: [Int: Answer] = [:]
    /// Text of answers in the making: printed already for the one whose turn it is.
    private var texts: [Int: [UInt8]] = [:]
    private var turn = 0

    /// Thoughts are shown as text where there is a tokenizer.
    init(json: Bool, isChat: Bool = false, showsThoughts: Bool, _ tokenizer: Tokenizer?) {
        self.isChat = isChat
        (self.json, self.showsThoughts, self.tokenizer) = (json, showsThoughts, tokenizer)
        streams = !json && isatty(STDOUT_FILENO) == 1
    }

    /// The next request has this id.
    func expect(id: JSON?) { ids.append(id) }

    func text(_ number: Int, _ piece: [UInt8]) throws {
        guard streams else { return }
        if number == turn {
            try out.write(piece)
            try out.flush()
        } else {
            texts[number, default: []] += piece
        }
    }

    func answer(_ number: Int, _ answer: Answer) throws {
        waiting[number] = answer
        while let answer = waiting.removeValue(forKey: turn) {
            try print(answer)
            turn += 1
            if streams { try out.write(texts.removeValue(forKey: turn) ?? []) }
        }
        try out.flush()
    }

    private func print(_ answer: Answer) throws {
        if json { return try out.write(line(answer).compact + "\n") }
        try out.write((streams ? [] : answer.text) + [0x0A])
    }

    private func line(_ answer: Answer) -> JSON {
        let text = JSON.string(String(decoding: answer.text, as: UTF8.self))
        var object: JSONObject = [
            isChat ? "message" : "text": isChat ? ["role": "assistant", "content": text] : text,
            "tokens": .array(answer.tokens.map { .integer(Int($0)) }), "finish": .string(answer.finish.rawValue),
        ]
        if answer.drafted > 0 { (object["drafted"], object["accepted"]) = (.integer(answer.drafted), .integer(answer.accepted)) }
        if showsThoughts { object["thoughts"] = .array(answer.thoughts.map(thought)) }
        if let id = ids[turn] { object["id"] = id }
        return .object(object)
    }

    private func thought(_ tokens: [Int32]) -> JSON {
        guard let tokenizer else { return .array(tokens.map { .integer(Int($0)) }) }
        return .string(String(decoding: tokenizer.decode(tokens, skippingSpecialTokens: false), as: UTF8.self))
    }

    func close() throws { try out.close() }
}
