import Glibc
import Basis
import Models

/// Time and energy as sim-hw(1) states them, node by node in plain loops, for the numbers of `TinyDevice` written out once more, a third of
/// the trits and a quarter of the activations being zero.
struct NaiveRoofline {
    /// How launches are counted: "node", "stage" or "pass", and whether the small graph is used as it is.
    var launches = "node"
    var chips = 2.0
    var method = "lookup"
    /// Bits of a trit, and of a number of a table.
    let trit = 1.6
    let table = 16.0
    let picojoule = 1e-12

    struct Total {
        var seconds = 0.0, working = 0.0, operations = 0.0, near = 0.0, far = 0.0, bytes = 0.0
    }

    /// What one node does.
    private struct Task {
        var kind = "", name = "", rows = 0.0
        var trits = 0.0, table = 0.0, macs = 0.0, columns = 1.0
        var additions = 0.0, multiplications = 0.0, exponentials = 0.0, divisions = 0.0
        var kept = 0.0, passing = 0.0
    }

    /// `tokens` of each of `texts`, after `past`, the logits of the last one wanted.
    func total(_ graph: Graph, stages: [Range<Int>], tail: Int, texts: Int, tokens: Int, past: Int) -> Total {
        var total = Total(), isFirst = true
        var groups = stages.map { stage in stage.map { task(graph, $0, texts, $0 < tail ? tokens : 1, past) } }
        groups.append([sampling(graph, texts)])
        for group in groups {
            for together in launched(group) {
                add(together, to: &total, isFirst: isFirst)
                isFirst = false
            }
        }
        return total
    }

    private func launched(_ group: [Task]) -> [[Task]] {
        if launches == "node" { return group.map { [$0] } }
        return ["ternary", "dense", "attention", "vector", "lookup"].map { kind in group.filter { $0.kind == kind } }.filter { !$0.isEmpty }
    }

    private func task(_ graph: Graph, _ index: Int, _ texts: Int, _ tokens: Int, _ past: Int) -> Task {
        let node = graph.nodes[index], inputs = node.inputs.map { graph.nodes[$0].form }, weight = node.operation.weight
        var task = Task(name: type(of: node.operation).name, rows: Double(texts * tokens))
        for form in inputs + [node.form] {
            switch form {
            case .floats(let width): task.passing += task.rows * 2 * Double(width)
            case .quantised(let width): task.passing += task.rows * Double(width + 8)
            }
        }
        var sum = Cost()
        for token in 0..<tokens { sum = sum + node.operation.cost(inputs, past: past + token) }
        let times = Double(texts), words = Double(node.operation.weights.reduce(0) { $0 + $1.count })
        task.additions = times * Double(sum.additions + sum.comparisons)
        task.multiplications = times * Double(sum.multiplications)
        task.exponentials = times * Double(sum.exponentials)
        task.divisions = times * Double(sum.divisions + sum.squareRoots)
        if case .keysAndValues(let heads, let width) = node.operation.memory {
            task.kind = "attention"
            task.macs = task.multiplications
            task.additions = times * Double(max(0, sum.additions - sum.multiplications) + sum.comparisons)
            task.multiplications = 0
            let window = node.operation.attributes["window"]?.intValue ?? .max, seen = min(window, past + tokens)
            // Keys and values of two bytes each: what the last token sees is read, what is new is written.
            task.kept = times * 2 * 2 * Double(heads * width * (seen + tokens))
        } else if weight?.kind == .ternary {
            (task.kind, task.macs, task.columns) = ("ternary", times * Double(sum.accumulations), Double(weight?.columns ?? 1))
            (task.trits, task.kept) = (words, words * trit / 8)
        } else if weight?.kind == .table, node.operation.readsTokens {
            task.kind = "lookup"
            task.kept = Double(min(texts * tokens, weight?.rows ?? 0) * (weight?.columns ?? 0)) * table / 8
        } else if weight?.kind == .table {
            (task.kind, task.macs, task.columns) = ("dense", task.multiplications, Double(weight?.columns ?? 1))
            (task.additions, task.multiplications) = (times * Double(sum.comparisons), 0)
            (task.table, task.kept) = (words, words * table / 8)
        } else {
            (task.kind, task.kept) = ("vector", 4 * words)
        }
        if case .floats = node.operation.memory { task.kept += times * Double(sum.stateBytes) }
        return task
    }

    private func sampling(_ graph: Graph, _ texts: Int) -> Task {
        let logits = Double(texts * graph.outputWidth)
        return Task(kind: "vector", name: "sampling", rows: Double(texts), additions: logits, passing: 2 * logits)
    }

    private func line(_ x: Double, _ a: (Double, Double), _ b: (Double, Double)) -> Double {
        if x <= a.0 { return a.1 }
        if x >= b.0 { return b.1 }
        return a.1 + (b.1 - a.1) * (log(x) - log(a.0)) / (log(b.0) - log(a.0))
    }

    private func add(_ tasks: [Task], to total: inout Total, isFirst: Bool) {
        let kind = tasks[0].kind
        let kept = tasks.map(\.kept).reduce(0, +), passing = tasks.map(\.passing).reduce(0, +)
        // What fits into the scratchpads of all chips passes through them.
        let isNear = passing <= chips * 20_000
        let near = isNear ? passing : 0, far = kept + (isNear ? 0 : passing)
        let own = ["ternary": 6e9 * 0.5, "dense": 8e9, "lookup": 8e9][kind]
        let nearTime = near > 0 ? near / (chips * 50e9 * line(near / chips, (100, 0.25), (10_000, 1))) : 0
        let farTime = far > 0 ? far / (chips * (own ?? 10e9 * line(far / chips, (1000, 0.5), (100_000, 1)))) : 0
        var compute = 0.0, counts = 0.0
        for task in tasks {
            compute += computeTime(task)
            counts += ["rms-norm": 4, "slice": 0][task.name] ?? 1
            total.operations += picojoule * joules(task)
        }
        let each = ["ternary": 7e-6, "attention": 11e-6][kind] ?? 3e-6
        let launch = launches == "pass" && !isFirst ? 0 : each * (launches == "node" ? counts : 1)
        total.seconds += launch + max(nearTime, farTime, compute)
        total.working += max(nearTime, farTime, compute)
        total.near += 8 * near * 0.1 * picojoule
        total.far += 8 * far * 5 * picojoule
        total.bytes += near + far
    }

    /// Sums of three activations are looked up; 27 of them are made for each row.
    private func lookups(_ task: Task) -> Double { task.macs / 3 + 27 * task.rows * (task.columns / 3).rounded(.up) }

    private func computeTime(_ task: Task) -> Double {
        let vector = chips * 2e9 * (task.kind == "vector" ? line(max(1, task.rows), (1, 0.75), (4, 1)) : 1)
        let ternary = chips * 6e9 * line(max(1, task.rows), (1, 0.5), (16, 1))
        var products = 0.0
        switch task.kind {
        case "ternary" where method == "lookup": products = 2 * lookups(task) / ternary
        case "ternary" where method == "add": products = 2 * task.macs * 2 / 3 * 0.75 / ternary
        case "ternary": products = 2 * task.macs * 0.75 / ternary
        case "dense": products = 2 * task.macs / (chips * 5e9)
        case "attention": products = 2 * task.macs / (chips * 2e9)
        default: break
        }
        let rest = task.additions + task.multiplications + 9 * task.exponentials + 3 * task.divisions + 2 * task.trits
        return products + rest / vector
    }

    /// Picojoules by Horowitz 2014: float32 sums 0.9 and products 3.7, 16-bit sums 0.05, 32-bit ones 0.1, 8-bit products 0.2; bfloat16, which it
    /// lacks, as float16: 1.1.
    private func joules(_ task: Task) -> Double {
        var sum = 0.9 * task.additions + 3.7 * (task.multiplications + 9 * task.exponentials + 3 * task.divisions)
        // Two operations on integers unpack a trit.
        sum += 0.1 * 2 * task.trits
        switch task.kind {
        case "ternary" where method == "lookup": sum += 0.05 * lookups(task)
        case "ternary" where method == "add": sum += 0.05 * task.macs * 2 / 3 * 0.75
        case "ternary": sum += (0.2 + 0.05) * task.macs * 0.75
        case "dense": sum += (1.1 + 0.9) * task.macs
        case "attention": sum += (0.2 + 0.1) * task.macs
        default: break
        }
        return sum
    }
}
