import Basis

/// How well models do on a task.
struct TaskQuality {
    let files: TaskFiles
    private let groupNames: [String?]
    /// For each question, what became of it in each way.
    private(set) var answers: [[TaskAnswer]]

    /// Nothing of the sample is asked yet.
    init(_ sample: TaskSample) {
        (files, groupNames) = (sample.files, sample.items.map(\.group))
        answers = sample.items.map { _ in [] }
    }

    /// Adds a question's answer in the next way.
    mutating func add(_ answer: TaskAnswer, at index: Int) { answers[index].append(answer) }

    var count: Int { answers.count }
    func group(of index: Int) -> String? { groupNames[index] }

    /// All questions, then those of each kind, in the order in which kinds first appear.
    var groups: [Group] {
        var names: [String] = [], members: [String: [[TaskAnswer]]] = [:]
        for (name, answers) in zip(groupNames, answers) {
            guard let name else { continue }
            if members[name] == nil { names.append(name) }
            members[name, default: []].append(answers)
        }
        return [Group(name: nil, answers: answers)] + names.map { Group(name: $0, answers: members[$0] ?? []) }
    }

    /// Questions that are counted together.
    struct Group {
        /// Nil is all.
        let name: String?
        let answers: [[TaskAnswer]]

        var metrics: [TaskMetric] { answers.first?.first?.values.map(\.metric) ?? [] }

        /// By the number of the metric.
        func value(_ metric: Int, _ way: Int) -> Estimate {
            metrics[metric].estimate(answers.map { $0[way].values[metric].value })
        }

        /// How much larger the value is than in the first way, question by question; of a perplexity, its logarithm.
        func difference(_ metric: Int, _ way: Int) -> Estimate {
            Estimate(mean: answers.map { $0[way].values[metric].value - $0[0].values[metric].value })
        }
    }
}
