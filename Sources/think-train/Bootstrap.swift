import Basis
import Learning
import Models
import Tensors
import Tokens
import Toolkit

/// What the rounds of a method learn from that makes its texts itself.
final class Bootstrap {
    private let method: any Bootstrapping
    private let plan: TrainingPlan
    private let subject: Subject
    private let folder: RunFolder
    private let questions: QuestionFiles
    private let quiet: Bool

    init(_ method: any Bootstrapping, _ beginning: Beginning, _ folder: RunFolder, quiet: Bool) throws {
        (self.method, plan, subject, self.folder, self.quiet) = (method, beginning.plan, beginning.subject, folder, quiet)
        questions = try QuestionFiles(folder, of: subject, digests: beginning.notes["questions"])
    }

    /// Asks the model as it is all questions, and writes what a round is to learn of the answers, which the notes name then; returns what
    /// the log says of it. What `stop` throws between two passes ends it.
    func write(_ round: Round, to notes: inout JSONObject, stop: @escaping () throws -> Void) throws -> JSONObject {
        let found = try ask(questions.training, mayHint: true, round.number, stop)
        guard found.contains(where: { $0 != nil }) else {
            throw Failure("none of \(found.count) questions was answered rightly in round \(round.number): there is nothing to learn")
        }
        let heldOut = try ask(questions.heldOut, mayHint: false, round.number, stop)
        try writeRationales(found, to: folder.rationales(round.number))
        try writeTokens(found.compactMap { $0?.document }, heldOut.compactMap { $0?.document }, to: folder.tokens(round.number))
        try note(round, in: &notes)
        var line = report(found, in: round)
        add(heldOut, to: &line)
        return line
    }

    /// Takes part in a round for which another process has written what is to be learnt.
    func join(_ round: Round, _ notes: inout JSONObject) throws -> JSONObject {
        try note(round, in: &notes)
        return [:]
    }

    private func note(_ round: Round, in notes: inout JSONObject) throws {
        notes["round"] = .integer(round.number)
        notes["digest"] = .string(try TokenData(folder.tokens(round.number), separator: nil).digest())
    }

    private func report(_ found: [Rationale?], in round: Round) -> JSONObject {
        let hinted = found.count { $0?.isHinted == true }, right = found.count { $0?.isHinted == false }
        let more = hinted > 0 ? ", \(hinted) more with a hint" : ""
        tell("round \(round.number): \(right) of \(found.count) questions right\(more)")
        return [
            "step": .integer(round.start), "round": .integer(round.number), "questions": .integer(found.count), "right": .integer(right),
            "rationalised": .integer(hinted), "documents": .integer(right + hinted),
        ]
    }

    /// Asks the model as it is the questions that are held out; what the log says of it, nothing if there are none.
    func evaluate(after steps: Int) throws -> JSONObject? {
        var line: JSONObject = ["step": .integer(steps)]
        add(try ask(questions.heldOut, mayHint: false, 0) {}, to: &line)
        return questions.heldOut.isEmpty ? nil : line
    }

    private func add(_ heldOut: [Rationale?], to line: inout JSONObject) {
        guard !heldOut.isEmpty else { return }
        let right = heldOut.count { $0 != nil }
        tell("\(right) of \(heldOut.count) held-out questions right")
        line["held_out_questions"] = .integer(heldOut.count)
        line["held_out_right"] = .number(Double(right) / Double(heldOut.count))
    }

    private func ask(_ questions: [Question], mayHint: Bool, _ round: Int, _ stop: @escaping () throws -> Void) throws -> [Rationale?] {
        let progress = Progress("think-train", quiet: quiet), seed = TokenSampler.seed(plan.seed, [round, mayHint ? 0 : 1])
        defer { progress.finish() }
        let limit = try ContextLimit(subject.graph, subject.configuration).tokens
        let asking = Asking(mayHint: mayHint, limit: limit, rows: plan.batch * plan.context, seed: seed) {
            try stop()
            progress.advance(to: $0, of: $1, note: "questions asked")
        }
        return try method.rationales(to: questions, asking)
    }

    /// Where there is a tokenizer, with what the model said as text.
    private func writeRationales(_ found: [Rationale?], to path: String) throws {
        let sink = try Output.open(path)
        for (index, rationale) in found.enumerated() {
            guard let rationale else { continue }
            var line: JSONObject = ["question": .integer(index + 1), "hinted": .bool(rationale.isHinted)]
            if let said = subject.tokenizer?.decode(Array(rationale.document[rationale.start...])) {
                line["rationale"] = .string(String(decoding: said, as: UTF8.self))
            }
            line["tokens"] = .array(rationale.document.map { .integer(Int($0)) })
            try sink.write(JSON.object(line).compact + "\n")
        }
        try sink.close()
    }

    /// Texts that do not fill two windows are repeated until they do.
    private func writeTokens(_ training: [[Int32]], _ heldOut: [[Int32]], to path: String) throws {
        let spool = try TokenSpool(in: folder.path), end = subject.separator.map { [$0] } ?? []
        let length = training.reduce(0) { $0 + $1.count + end.count }
        for _ in 0...(2 * plan.context / length) { for text in training { try spool.add(text + end) } }
        spool.beginHeldOut()
        for text in heldOut { try spool.add(text + end) }
        try spool.write(to: path)
    }

    private func tell(_ remark: String) { if !quiet { ThinkTrain.complain(remark) } }
}

// The model that each round begins from.
extension Bootstrap {
    /// Keeps the latent weights as they are; returns their digest.
    func keepBase(_ latents: Latents) throws -> String {
        try TrainingCheckpoint.writeModel(latents, to: folder.base)
        return try digest(latents)
    }

    /// Makes the latent weights what they were.
    func takeBase(_ latents: Latents, digest expected: String?) throws {
        try TrainingCheckpoint.readModel(latents, from: folder.base)
        guard try digest(latents) == expected else { throw Failure("'\(folder.base)' is not what the run began with") }
    }

    private func digest(_ latents: Latents) throws -> String { try SHA256.digest(of: UnsafeRawBufferPointer(latents.values)).hex }
}
