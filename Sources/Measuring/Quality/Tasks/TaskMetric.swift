import Generation
import Glibc

/// What the questions of a task are judged by. Each question has a value, of which the mean is taken.
enum TaskMetric: String, Sendable {
    /// Whether the choice of the largest log-probability is right; or whether a continuation is what the model would say.
    case accuracy = "acc"
    /// Likewise, the log-probability divided by the characters of the choice.
    case byCharacters = "acc_norm"
    /// Likewise, by its bytes.
    case byBytes = "acc_bytes"
    /// The value is -log p of the continuation: the exponential of the mean.
    case perplexity
    /// Whether the number is right that stands where it should.
    case strict
    /// Whether the last number is.
    case flexible
    /// Whether all is as it should be.
    case exact

    /// What independent questions say of it.
    func estimate(_ values: [Double]) -> Estimate {
        let mean = Estimate(mean: values)
        return self == .perplexity ? mean.mapped(to: exp(mean.value), slope: exp(mean.value)) : mean
    }
}

/// What became of a question: its values, in the order of the metrics, and what `--answers` tells of it.
struct TaskAnswer {
    let values: [(metric: TaskMetric, value: Double)]
    let record: TaskRecord
}

enum TaskRecord {
    case choice(logProbabilities: [Double], gold: Int, chosen: [(metric: TaskMetric, choice: Int)])
    case completion(logProbability: Double)
    case writing(texts: [String], answers: [String])
}

extension Choices {
    /// The choice of each metric, for the log-probabilities of all: the first of equals.
    func chosen(_ logProbabilities: [Double]) -> [(metric: TaskMetric, choice: Int)] {
        var chosen = [(TaskMetric.accuracy, Choices.best(logProbabilities))]
        guard !texts.isEmpty else { return chosen }
        let lengths = [(TaskMetric.byCharacters, texts.map(\.unicodeScalars.count)), (.byBytes, texts.map(\.utf8.count))]
        for (metric, lengths) in lengths {
            chosen.append((metric, Choices.best(zip(logProbabilities, lengths).map { $0 / Double($1) })))
        }
        return chosen
    }

    private static func best(_ values: [Double]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] || values[$0].isNaN ? $1 : $0 }
    }

    func answer(_ scores: [[TokenScore]]) -> TaskAnswer {
        let logs = scores.map { $0.reduce(0) { $0 + $1.logProbability } }, chosen = chosen(logs)
        return TaskAnswer(
            values: chosen.map { ($0.metric, $0.choice == gold ? 1 : 0) },
            record: .choice(logProbabilities: logs, gold: gold, chosen: chosen))
    }
}

extension Continuation {
    func answer(_ scores: [TokenScore], _ text: ScoredText) -> TaskAnswer {
        let log = scores.reduce(0) { $0 + $1.logProbability }, isRight = scores.map(\.likeliest) == Array(text.tokens.suffix(text.count))
        return TaskAnswer(
            values: [(.accuracy, isRight ? 1 : 0), (.perplexity, -log)], record: .completion(logProbability: log))
    }
}

extension Array where Element == Writing {
    func answer(_ texts: [String]) -> TaskAnswer {
        let metrics: [TaskMetric] = contains { if case .number = $0.rule { true } else { false } } ? [.strict, .flexible] : [.exact]
        let values = metrics.map { metric in (metric: metric, value: zip(self, texts).allSatisfy { $0.isRight($1, metric) } ? 1.0 : 0) }
        return TaskAnswer(values: values, record: .writing(texts: texts, answers: map(\.answer)))
    }
}

extension Writing {
    fileprivate func isRight(_ text: String, _ metric: TaskMetric) -> Bool {
        switch rule {
        case .number:
            let found = metric == .strict ? WrittenAnswer.strictNumber(in: text) : WrittenAnswer.lastNumber(in: text)
            return found.map(WrittenAnswer.normalised) == WrittenAnswer.normalised(answer)
        case .grid: return WrittenAnswer.grid(in: text) == WrittenAnswer.grid(in: answer)
        }
    }
}
