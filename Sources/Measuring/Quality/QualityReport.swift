import Basis
import Toolkit

/// What `QualityRun` found, for people and as JSON.
public struct QualityReport {
    let plan: QualityPlan
    let text: TextQuality?
    let questions: QuestionQuality?
    let tasks: [TaskQuality]

    public func printed(json: Bool) -> String {
        if json { return JSON.object(record).compact + "\n" }
        return ([text.map(textTable), questions.map(questionTable)].compactMap { $0 } + tasks.map(taskTable)).joined(separator: "\n")
    }

    /// What became of each question in each way, a JSON object a line.
    public var answers: String {
        (questions?.questions ?? []).enumerated().flatMap { index, question in
            zip(plan.ways, question.answers).map { JSON.object(line(index, question, $0, $1)).compact + "\n" }
        }.joined() + tasks.map(taskAnswers).joined()
    }

    private func line(
        _ index: Int, _ question: QuestionQuality.Question, _ way: QualityWay, _ answer: QuestionQuality.Answer
    ) -> JSONObject {
        var line: JSONObject = ["index": .integer(index), "kind": question.kind.map(JSON.string) ?? .null]
        line.add(way, plan)
        line.add([
            "right": .bool(answer.isRight), "logprob": JSON(finite: answer.logProbability),
            "thought": .array(answer.thought.map { .integer(Int($0)) }),
        ])
        return line
    }
}

// For people.
extension QualityReport {
    var against: [String] {
        guard plan.ways.count > 1 else { return [] }
        return [plan.reference == nil ? "against \(plan.think[0])" : "against reference", "95 % interval"]
    }

    /// What tells ways apart.
    var wayTitle: String { plan.reference == nil ? "think" : "model" }

    func label(_ way: QualityWay) -> String {
        plan.reference == nil ? "\(way.think)" : way.isReference ? "reference" : "itself"
    }

    private func textTable(_ text: TextQuality) -> String {
        let hasBytes = text.bytes > 0, hasWords = text.words > 0
        let head = [wayTitle, "nats/token", "error", "perplexity", "error"] + (hasBytes ? ["bits/byte", "error"] : [])
            + (hasWords ? ["word perplexity", "error"] : []) + against
            + (plan.reference == nil ? [] : ["KL divergence", "error", "same top", "error"])
        let rows = plan.ways.enumerated().map { index, way in
            [label(way)] + cells(text.natsPerToken(index), 4) + cells(text.perplexity(index), 2)
                + (text.bitsPerByte(index).map { cells($0, 4) } ?? []) + (text.wordPerplexity(index).map { cells($0, 1) } ?? [])
                + difference(index, text.difference(index), 4)
                + (plan.reference == nil || way.isReference ? [] : cells(text.divergence, 5) + cells(text.agreement, 4))
        }
        let windows = "\(text.windows.count) \(text.windows.count == 1 ? "window" : "windows") of \(text.context) tokens"
        let counts = (hasBytes ? ", \(text.bytes) bytes" : "") + (hasWords ? ", \(text.words) words" : "")
        return "text: \(windows), \(text.tokens) tokens predicted\(counts)\n" + table([head] + rows, rightAligned: Set(0...20))
    }

    private func questionTable(_ quality: QuestionQuality) -> String {
        let head = ["kind", wayTitle, "questions", "accuracy", "error", "nats/answer", "error"] + against
        let rows = quality.groups.flatMap { group in
            plan.ways.enumerated().map { index, way in
                [group.kind ?? "all", label(way), "\(group.questions.count)"] + cells(group.accuracy(index), 4)
                    + cells(group.logProbability(index).negated, 3) + difference(index, group.difference(index), 4)
            }
        }
        return "questions: \(quality.questions.count)\n" + table([head] + rows, rightAligned: Set(1...10))
    }

    func cells(_ estimate: Estimate, _ digits: Int) -> [String] {
        [decimal(estimate.value, digits), estimate.error.map { decimal($0, digits) } ?? "-"]
    }

    func difference(_ way: Int, _ estimate: Estimate, _ digits: Int) -> [String] {
        guard way > 0 else { return [] }
        let interval = estimate.interval.map { "\(decimal($0.lowerBound, digits)) to \(decimal($0.upperBound, digits))" }
        return [decimal(estimate.value, digits), interval ?? "-"]
    }
}

extension Estimate {
    fileprivate var negated: Estimate { mapped(to: -value, slope: -1) }
}
