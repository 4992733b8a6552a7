import Basis
import Toolkit

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
        if !tasks.isEmpty { record["tasks"] = .array(tasks.map { .object(taskRecord($0)) }) }
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

extension JSONObject {
    /// Says which way something is about; the reference is marked where there is one.
    mutating func add(_ way: QualityWay, _ plan: QualityPlan) {
        self["think"] = .integer(way.think)
        if plan.reference != nil { self["reference"] = .bool(way.isReference) }
    }
}
