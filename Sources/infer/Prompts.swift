import Basis
import Generation
import Toolkit

/// The prompts of one run, in order.
final class Prompts {
    private let reader: PromptReader
    private let json: Bool
    private let check: (Request) throws -> Void
    private var argument: String?
    private let lines: LineReader?
    /// Prompts so far.
    private(set) var count = 0
    private(set) var ended = false
    private var failure: (any Error)?

    /// `check` refuses what the model cannot take.
    init(_ reader: PromptReader, argument: String?, json: Bool, check: @escaping (Request) throws -> Void) {
        (self.reader, self.argument, self.json, self.check) = (reader, argument, json, check)
        lines = argument == nil ? LineReader() : nil
    }

    enum Next {
        case prompt(PromptReader.Prompt)
        case nothingYet
    }

    /// The next prompt, told to `printer` too; nothing for now, or once `ended`.
    func next(mayWait: Bool, _ printer: AnswerPrinter? = nil) throws -> Next {
        guard let line = try nextLine(mayWait: mayWait) else { return .nothingYet }
        count += 1
        let prompt = try placing(lines == nil ? "the prompt" : "line \(count)") {
            let prompt = json ? try reader.prompt(json: line) : try reader.prompt(text: line)
            try check(prompt.request)
            return prompt
        }
        printer?.expect(id: prompt.id)
        return .prompt(prompt)
    }

    private func nextLine(mayWait: Bool) throws -> [UInt8]? {
        guard let lines else {
            defer { argument = nil }
            ended = argument == nil
            return argument.map { Array($0.utf8) }
        }
        switch try lines.next(mayWait: mayWait) {
        case .line(let line): return line
        case .nothingYet: return nil
        case .end:
            ended = true
            return nil
        }
    }

    /// Up to `size` prompts; nil at the end. Waits for the first one only, unless it `waits`. A failure after the first is thrown by the
    /// next call, when the prompts before it have had their answers.
    func group(of size: Int, waits: Bool = false) throws -> [PromptReader.Prompt]? {
        if let failure { throw failure }
        var group: [PromptReader.Prompt] = []
        do {
            while group.count < size, case .prompt(let prompt) = try next(mayWait: waits || group.isEmpty) { group.append(prompt) }
        } catch {
            guard !group.isEmpty else { throw error }
            failure = error
        }
        return group.isEmpty ? nil : group
    }
}
