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
            zip(plan.ways, question.answers).map { JSON.object(line(index, question, $0, $1)).compact + "\n" }
        }.joined()
    }

    private func line(_ index: Int, _ question: QuestionQuality.Question, _ way: QualityWay, _ answer: QuestionQuality.Answer) -> JSONObject {
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
    private var against: [String] {
        guard plan.ways.count > 1 else { return [] }
        return [plan.reference == nil ? "against \(plan.think[0])" : "against reference", "95 % interval"]
    }

    /// What tells ways apart.
    private var wayTitle: String { plan.reference == nil ? "think" : "model" }

    private func label(_ way: QualityWay) -> String {
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
        var record: JSONObject = ["record": "quality", "model": .string(plan.model)]
        record["reference"] = plan.reference.map(JSON.string)
        record.add([
            "version": .string(ternVersion), "think_temperature": .number(plan.thinkTemperature), "seed": .string("\(plan.seed)"),
        ])
        record["text"] = text.map { .object(textRecord($0)) }
        record["questions"] = questions.map { .object(questionRecord($0)) }
        return record
    }

    private func textRecord(_ text: TextQuality) -> JSONObject {
        [
            "files": .array(plan.data.map(JSON.string)), "held_out": .number(plan.heldOut), "windowing": .string(plan.windowing.rawValue),
            "context": .integer(text.context), "stride": .integer(plan.stride ?? text.context),
            "windows": .integer(text.windows.count), "tokens": .integer(text.tokens),
            "bytes": text.bytes > 0 ? .integer(text.bytes) : .null, "words": text.words > 0 ? .integer(text.words) : .null,
            "results": .array(plan.ways.indices.map { .object(textResult(text, $0)) }),
        ]
    }

    private func textResult(_ text: TextQuality, _ index: Int) -> JSONObject {
        var result = JSONObject()
        result.add(plan.ways[index], plan)
        result.add("nats_per_token", text.natsPerToken(index))
        result.add("perplexity", text.perplexity(index))
        result.add("bits_per_byte", text.bitsPerByte(index))
        result.add("byte_perplexity", text.bytePerplexity(index))
        result.add("word_perplexity", text.wordPerplexity(index))
        if index > 0 { result.add(difference: text.difference(index)) }
        if plan.reference != nil, index > 0 {
            result.add("divergence", text.divergence)
            result.add("agreement", text.agreement)
        }
        return result
    }

    private func questionRecord(_ quality: QuestionQuality) -> JSONObject {
        let results: [JSON] = quality.groups.flatMap { group in
            plan.ways.enumerated().map { index, way in
                var result: JSONObject = ["kind": group.kind.map(JSON.string) ?? .null]
                result.add(way, plan)
                result["count"] = .integer(group.questions.count)
                result.add("accuracy", group.accuracy(index))
                result.add("logprob", group.logProbability(index))
                if index > 0 { result.add(difference: group.difference(index)) }
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
    fileprivate mutating func add(_ members: JSONObject) { for member in members.members { self[member.key] = member.value } }

    /// Says which way something is about; the reference is marked where there is one.
    fileprivate mutating func add(_ way: QualityWay, _ plan: QualityPlan) {
        self["think"] = .integer(way.think)
        if plan.reference != nil { self["reference"] = .bool(way.isReference) }
    }

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
