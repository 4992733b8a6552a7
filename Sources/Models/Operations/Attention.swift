import Basis
import Tensors

/// o = softmax(q·kᵀ / √d) v over the tokens up to this one (Vaswani et al. 2017, equation 1), where several heads of queries share one of
/// keys and values (Ainslie et al. 2023, grouped-query attention) and a window, if there is one, leaves only the last tokens, this
/// one among them (Beltagy et al. 2020). Inputs: queries, keys, values. What it remembers are keys and values.
public struct Attention: Operation {
    public static let name = "attention"
    package let heads: Int
    package let keyValueHeads: Int
    /// Numbers of a head.
    package let width: Int
    /// Tokens that a query sees at most; 0 if it sees all.
    package let window: Int

    public init(heads: Int, keyValueHeads: Int, width: Int, window: Int = 0) {
        (self.heads, self.keyValueHeads, self.width, self.window) = (heads, keyValueHeads, width, window)
    }

    public init(attributes: AttributeReader) throws {
        try attributes.only("heads", "key-value-heads", "width", "window")
        self.init(
            heads: try attributes.size("heads"), keyValueHeads: try attributes.size("key-value-heads"),
            width: try attributes.size("width"), window: try attributes.integer("window", in: 0...Int(Int32.max), default: 0))
        guard heads % keyValueHeads == 0 else { throw Failure("\(heads) heads do not share \(keyValueHeads) of keys and values evenly") }
        guard heads.multipliedReportingOverflow(by: width).partialValue <= 1 << 24, width <= 1 << 16 else {
            throw Failure("\(heads) heads of \(width) numbers are too wide")
        }
    }

    public var attributes: JSONObject {
        var result: JSONObject = ["heads": .integer(heads), "key-value-heads": .integer(keyValueHeads), "width": .integer(width)]
        if window > 0 { result["window"] = .integer(window) }
        return result
    }

    public var memory: Memory { .keysAndValues(heads: keyValueHeads, width: width) }

    var scale: Float { 1 / Float(width).squareRoot() }
    var group: Int { heads / keyValueHeads }

    public func form(of inputs: [Form]) throws -> Form {
        let expected: [Form] = [.floats(heads * width), .floats(keyValueHeads * width), .floats(keyValueHeads * width)]
        guard inputs == expected else { throw Failure("takes inputs of \(expected), has \(inputs)") }
        return .floats(heads * width)
    }

    /// The tokens that the one at `position` sees.
    private func tokens(seenFrom position: Int) -> Range<Int> {
        (window == 0 ? 0 : max(0, position + 1 - window))..<position + 1
    }

    /// Few rows are remembered head by head, just before they are attended to, so that threads part only once; many are all remembered
    /// first, since the jobs that they make attend to each other's.
    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        for (segment, pages) in zip(context.segments, context.keyValueStates) where segment.rows.count > Attention.rowsOfJob {
            let some = Job(rows: segment.rows, position: segment.position, pages: pages, isAlone: false)
            context.threads.parallel(keyValueHeads, grain: max(1, RunContext.grain / (width * segment.rows.count))) { part in
                for head in part { pages.withRows { remember(some, head: head, $0, inputs, context.kernels) } }
            }
        }
        let jobs = jobs(context)
        context.threads.parallel(jobs.count * keyValueHeads) { part in
            for index in part {
                let job = jobs[index / keyValueHeads], head = index % keyValueHeads
                job.pages.withRows {
                    if job.isAlone { remember(job, head: head, $0, inputs, context.kernels) }
                    attend(job, head: head, $0, inputs[0], output, context.kernels)
                }
            }
        }
    }

    private func remember(_ job: Job, head: Int, _ pages: KeyValueRows, _ inputs: [Rows], _ kernels: Kernels) {
        let start = head * width
        for (index, row) in job.rows.enumerated() {
            kernels.remember(
                pages, head: head, token: job.position + index, key: inputs[1][row] + start, value: inputs[2][row] + start)
        }
    }

    /// Some rows of a session, whose queries meet its keys together.
    private struct Job {
        let rows: Range<Int>
        /// Of the first row.
        let position: Int
        let pages: KeyValuePointers
        /// Whether these are all rows that the session gets.
        let isAlone: Bool
    }

    /// Rows of a session that a thread takes at once.
    private static let rowsOfJob = 16

    private func jobs(_ context: borrowing RunContext) -> [Job] {
        var jobs: [Job] = []
        for (segment, pages) in zip(context.segments, context.keyValueStates) {
            for start in stride(from: segment.rows.lowerBound, to: segment.rows.upperBound, by: Attention.rowsOfJob) {
                let rows = start..<min(segment.rows.upperBound, start + Attention.rowsOfJob)
                let position = segment.position + start - segment.rows.lowerBound
                jobs.append(Job(rows: rows, position: position, pages: pages, isAlone: rows == segment.rows))
            }
        }
        return jobs
    }

    /// The queries of all heads that share `head`, of all rows of the job, some at a time.
    private func attend(_ job: Job, head: Int, _ pages: KeyValueRows, _ queries: Rows, _ output: Rows, _ kernels: Kernels) {
        let count = job.rows.count * group, most = Query.most
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Query.scoreCount(tokens: job.position + job.rows.count)) { scores in
            withUnsafeTemporaryAllocation(of: Query.self, capacity: most) { chosen in
                guard let scores = scores.baseAddress else { return }
                for start in stride(from: 0, to: count, by: most) {
                    let part = start..<min(count, start + most)
                    for index in part {
                        chosen.initializeElement(at: index - start, to: query(index, job, head, queries, output))
                    }
                    kernels.attend(
                        pages, head: head, UnsafeBufferPointer(rebasing: chosen[..<part.count]), scale: scale, scores: scores)
                }
            }
        }
    }

    private func query(_ index: Int, _ job: Job, _ head: Int, _ queries: Rows, _ output: Rows) -> Query {
        let row = index / group, start = (head * group + index % group) * width
        return Query(
            queries[job.rows.lowerBound + row] + start, tokens: tokens(seenFrom: job.position + row),
            into: output[job.rows.lowerBound + row] + start)
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        state += inputs[1] + inputs[2]
        return (0..<heads).flatMap { head in
            let query = Array(inputs[0][head * width..<(head + 1) * width])
            return attend(query, keyValueHead: head / group, tokens(seenFrom: token.position), state)
        }
    }

    /// softmax(q·kᵀ·scale) v for one head, from all keys and values.
    private func attend<Number: Arithmetic>(
        _ query: [Number], keyValueHead: Int, _ tokens: Range<Int>, _ state: [Number]
    ) -> [Number] {
        let both = 2 * keyValueHeads * width
        let scores = tokens.map { token in
            var sum = Number(0)
            for d in 0..<width { sum = sum + query[d] * state[token * both + keyValueHead * width + d] }
            return sum * Number(Double(scale))
        }
        var largest = scores[0]
        for score in scores { largest = .maximum(largest, score) }
        let weights = scores.map { ($0 - largest).exponential }
        var total = Number(0)
        for weight in weights { total = total + weight }
        let inverse = Number(1) / total
        return (0..<width).map { d in
            var sum = Number(0)
            for (index, token) in tokens.enumerated() {
                sum = sum + weights[index] * state[token * both + (keyValueHeads + keyValueHead) * width + d]
            }
            return sum * inverse
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let seen = tokens(seenFrom: past).count
        let perHead = Cost(
            additions: 2 * seen * width + 2 * seen, multiplications: 2 * seen * width + seen + width, divisions: 1, exponentials: seen,
            comparisons: seen)
        let numbers = 2 * keyValueHeads * width * MemoryLayout<Float>.size
        return heads * perHead + Cost(stateBytes: (seen + 1) * numbers)
    }
}
