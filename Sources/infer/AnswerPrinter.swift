import Basis
import Generation
import Glibc
import Toolkit

/// Prints answers in the order of their prompts, each as soon as those before it are out. On a terminal the text of the one whose turn
/// it is appears as it is made.
final class AnswerPrinter {
    private let json: Bool
    private let out = DescriptorSink.standardOutput()
    private let streams: Bool
    private var ids: [JSON?] = []
    private var waiting: [Int: Answer] = [:]
    /// Text of answers in the making: printed already for the one whose turn it is.
    private var texts: [Int: [UInt8]] = [:]
    private var turn = 0

    init(json: Bool) {
        self.json = json
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
        var object: JSONObject = [
            "text": .string(String(decoding: answer.text, as: UTF8.self)),
            "tokens": .array(answer.tokens.map { .integer(Int($0)) }), "finish": .string(answer.finish.rawValue),
        ]
        if answer.drafted > 0 { (object["drafted"], object["accepted"]) = (.integer(answer.drafted), .integer(answer.accepted)) }
        if let id = ids[turn] { object["id"] = id }
        return .object(object)
    }

    func close() throws { try out.close() }
}
