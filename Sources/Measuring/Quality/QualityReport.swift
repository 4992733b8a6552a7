import Basis
import Toolkit

/// What `QualityRun` found, for people and as JSON.
public struct QualityReport {
    let plan: QualityPlan
    let text: TextQuality?
    let questions: QuestionQuality?

    public func printed(json: Bool) -> String {
        if json { return JSON.object(record).compact + "\n" }
        return [text.map(textTable), questions.map(questionTable)].compactMap { $0 }.joined(separator: "\n")
    }

    /// What became of each question in each way, a JSON object a line.
    public var answers: String {
        (questions?.questions ?? []).enumerated().flatMap { index, question in
            zip(plan.think, question.answers).map { JSON.object(line(index, question, $0, $1)).compact + "\n" }
        }.joined()
    }

    private func line(_ index: Int, _ question: QuestionQuality.Question, _ think: Int, _ answer: QuestionQuality.Answer) -> JSONObject {
        [
            "index": .integer(index), "kind": question.kind.map(JSON.string) ?? .null, "think": .integer(think),
            "right": .bool(answer.isRight), "logprob": JSON(finite: answer.logProbability),
            "thought": .array(answer.thought.map { .integer(Int($0)) }),
        ]
    }
}

// For people.
extension QualityReport {
    private var against: [String] { plan.think.count > 1 ? ["against \(plan.think[0])", "95 % interval"] : [] }

    private func textTable(_ text: TextQuality) -> String {
        let hasBytes = text.bytes > 0
        let head = ["think", "nats/token", "error", "perplexity", "error"] + (hasBytes ? ["bits/byte", "error"] : []) + against
        let rows = plan.think.enumerated().map { way, think in
            ["\(think)"] + cells(text.natsPerToken(way), 4) + cells(text.perplexity(way), 2)
                + (text.bitsPerByte(way).map { cells($0, 4) } ?? []) + difference(way, text.difference(way), 4)
        }
        let windows = "\(text.windows.count) \(text.windows.count == 1 ? "window" : "windows") of \(text.context) tokens"
        return "text: \(windows), \(text.tokens) tokens predicted\(hasBytes ? ", \(text.bytes) bytes" : "")\n"
            + table([head] + rows, rightAligned: Set(0...10))
    }

    private func questionTable(_ quality: QuestionQuality) -> String {
        let head = ["kind", "think", "questions", "accuracy", "error", "nats/answer", "error"] + against
        let rows = quality.groups.flatMap { group in
            plan.think.enumerated().map { way, think in
                [group.kind ?? "all", "\(think)", "\(group.questions.count)"] + cells(group.accuracy(way), 4)
                    + cells(group.logProbability(way).negated, 3) + difference(way, group.difference(way), 4)
            }
        }
        return "questions: \(quality.questions.count)\n" + table([head] + rows, rightAligned: Set(1...10))
    }

    private func cells(_ estimate: Estimate, _ digits: Int) -> [String] {
        [decimal(estimate.value, digits), estimate.error.map { decimal($0, digits) } ?? "-"]
    }

    private func difference(_ way: Int, _ estimate: Estimate, _ digits: Int) -> [String] {
        guard way > 0 else { return [] }
        let interval = estimate.interval.map { "\(decimal($0.lowerBound, digits)) to \(decimal($0.upperBound, digits))" }
        return [decimal(estimate.value, digits), interval ?? "-"]
    }
}

// As JSON; bench(1) lists the members.
extension QualityReport {
    var record: JSONObject {
        var record: JSONObject = [
            "record": "quality", "model": .string(plan.model), "version": .string(ternVersion),
            "think_temperature": .number(plan.thinkTemperature), "seed": .string("\(plan.seed)"),
        ]
        record["text"] = text.map { .object(textRecord($0)) }
        record["questions"] = questions.map { .object(questionRecord($0)) }
        return record
    }

    private func textRecord(_ text: TextQuality) -> JSONObject {
        [
            "files": .array(plan.data.map(JSON.string)), "held_out": .number(plan.heldOut), "context": .integer(text.context),
            "windows": .integer(text.windows.count), "tokens": .integer(text.tokens),
            "bytes": text.bytes > 0 ? .integer(text.bytes) : .null,
            "results": .array(plan.think.enumerated().map { way, think in
                var result: JSONObject = ["think": .integer(think)]
                result.add("nats_per_token", text.natsPerToken(way))
                result.add("perplexity", text.perplexity(way))
                result.add("bits_per_byte", text.bitsPerByte(way))
                if way > 0 { result.add(difference: text.difference(way)) }
                return .object(result)
            }),
        ]
    }

    private func questionRecord(_ quality: QuestionQuality) -> JSONObject {
        let results: [JSON] = quality.groups.flatMap { group in
            plan.think.enumerated().map { way, think in
                var result: JSONObject = [
                    "kind": group.kind.map(JSON.string) ?? .null, "think": .integer(think), "count": .integer(group.questions.count),
                ]
                result.add("accuracy", group.accuracy(way))
                result.add("logprob", group.logProbability(way))
                if way > 0 { result.add(difference: group.difference(way)) }
                return .object(result)
            }
        }
        return [
            "files": .array(plan.questions.map(JSON.string)), "count": .integer(quality.questions.count), "results": .array(results),
        ]
    }
}

extension Estimate {
    fileprivate var negated: Estimate { mapped(to: -value, slope: -1) }
}

extension JSON {
    /// JSON has no word for what is no number.
    fileprivate init(finite value: Double?) { self = value.map { $0.isFinite ? .number($0) : .null } ?? .null }
}

extension JSONObject {
    fileprivate mutating func add(_ key: String, _ estimate: Estimate?) {
        self[key] = JSON(finite: estimate?.value)
        self["\(key)_error"] = JSON(finite: estimate?.error)
    }

    fileprivate mutating func add(difference estimate: Estimate) {
        self["difference"] = JSON(finite: estimate.value)
        self["difference_lower"] = JSON(finite: estimate.interval?.lowerBound)
        self["difference_upper"] = JSON(finite: estimate.interval?.upperBound)
    }
}
