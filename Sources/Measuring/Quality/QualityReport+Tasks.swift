import Basis
import Toolkit

// Tasks.
extension QualityReport {
    /// Lines of the table: one for each metric of each group of questions, in each way.
    func taskTable(_ task: TaskQuality) -> String {
        let hasGroups = task.groups.count > 1
        let head = (hasGroups ? ["kind"] : []) + [wayTitle, "metric", "value", "error"] + against
        let rows = task.groups.flatMap { group in
            group.metrics.enumerated().flatMap { number, metric in
                plan.ways.enumerated().map { index, way in
                    (hasGroups ? [group.name ?? "all"] : []) + [label(way), metric.rawValue] + cells(group.value(number, index), 4)
                        + difference(index, group.difference(number, index), 4)
                }
            }
        }
        return "\(task.files.name): \(task.count) questions\n" + table([head] + rows, rightAligned: Set((hasGroups ? 3 : 2)...10))
    }

    func taskRecord(_ task: TaskQuality) -> JSONObject {
        let results: [JSON] = task.groups.flatMap { group in
            group.metrics.enumerated().flatMap { number, metric in
                plan.ways.enumerated().map { index, way in
                    var result: JSONObject = ["kind": group.name.map(JSON.string) ?? .null]
                    result.add(way, plan)
                    result.add(["count": .integer(group.answers.count), "metric": .string(metric.rawValue)])
                    result.add("value", group.value(number, index))
                    if index > 0 { result.add(difference: group.difference(number, index)) }
                    return .object(result)
                }
            }
        }
        return [
            "task": .string(task.files.name), "file": .string(task.files.path),
            "shots": .integer(task.files.examples == nil ? 0 : plan.shots), "count": .integer(task.count), "results": .array(results),
        ]
    }

    /// What became of each question in each way, a JSON object a line.
    func taskAnswers(_ task: TaskQuality) -> String {
        task.answers.enumerated().flatMap { index, answers in
            zip(plan.ways, answers).map { way, answer in
                var line: JSONObject = [
                    "task": .string(task.files.name), "index": .integer(index), "kind": task.group(of: index).map(JSON.string) ?? .null,
                ]
                line.add(way, plan)
                line.add(answer.record.members)
                for (metric, value) in answer.values where metric != .perplexity { line[metric.rawValue] = .bool(value == 1) }
                return JSON.object(line).compact + "\n"
            }
        }.joined()
    }
}

extension TaskRecord {
    fileprivate var members: JSONObject {
        switch self {
        case .choice(let logProbabilities, let gold, let chosen):
            var members: JSONObject = ["logprobs": .array(logProbabilities.map(JSON.init(finite:))), "gold": .integer(gold)]
            for (metric, choice) in chosen { members["choice_by_\(metric.rawValue)"] = .integer(choice) }
            return members
        case .completion(let logProbability): return ["logprob": JSON(finite: logProbability)]
        case .writing(let texts, let answers):
            return ["texts": .array(texts.map(JSON.string)), "gold": .array(answers.map(JSON.string))]
        }
    }
}
