import Basis
import Tensors

/// y_t = Σ_j w_j ⊙ x_{t-k+1+j} over j = 0..<k, with zeros before the text begins: a convolution over time, each column by itself, as state
/// space models have in front (Fu et al. 2022, "H3"; Gu and Dao 2023, "Mamba"). The weight is [width, 1, k], as PyTorch's Conv1d has it;
/// its bias is `Bias`. The state are the last k - 1 inputs, the latest last.
public struct CausalConvolution: Operation {
    public static let name = "causal-convolution"
    let kernel: Weight

    public init(kernel: Weight) { self.kernel = kernel }

    public init(attributes: AttributeReader) throws {
        try attributes.only("kernel", "width", "length")
        let shape = [try attributes.size("width"), 1, try attributes.integer("length", in: 2...CausalConvolution.lengthLimit)]
        self.init(kernel: Weight(try attributes.string("kernel"), shape: shape, kind: .dense))
    }

    /// Longer than any real model's.
    public static let lengthLimit = 1024

    public var attributes: JSONObject {
        ["kernel": .string(kernel.name), "width": .integer(width), "length": .integer(length)]
    }

    private var width: Int { kernel.rows }
    private var length: Int { kernel.columns }

    public var weight: Weight? { kernel }
    public var memory: Memory { .floats((length - 1) * width) }

    public func form(of inputs: [Form]) throws -> Form {
        let found = try floatWidth(inputs)
        guard found == width else { throw Failure("is \(width) wide, its input \(found)") }
        return .floats(width)
    }

    /// [k, width]: the numbers that meet a row lie together.
    public func prepared(_ weight: [Float]) -> [Float] {
        (0..<length).flatMap { j in (0..<width).map { weight[$0 * length + j] } }
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, w, threads) = (inputs[0], context.parameter.floats, context.threads)
        for (segment, state) in zip(context.segments, context.floatStates) {
            threads.parallel(segment.rows.count, grain: max(1, RunContext.grain / (width * length))) { part in
                for index in part {
                    write(output[segment.rows.lowerBound + index], w) { back in
                        index >= back ? UnsafePointer(x[segment.rows.lowerBound + index - back])
                            : UnsafePointer(state + (length - 1 + index - back) * width)
                    }
                }
            }
            remember(segment.rows, of: x, in: state)
        }
    }

    /// One row, from the rows before it: `before(n)` is the one n tokens back, nil where the text has none.
    private func write(_ y: UnsafeMutablePointer<Float>, _ w: UnsafePointer<Float>, _ before: (Int) -> UnsafePointer<Float>?) {
        y.update(repeating: 0, count: width)
        for j in 0..<length {
            guard let x = before(length - 1 - j) else { continue }
            Vectors.add(x, times: w + j * width, to: y, count: width)
        }
    }

    private func remember(_ rows: Range<Int>, of x: Rows, in state: UnsafeMutablePointer<Float>) {
        let kept = max(0, length - 1 - rows.count)
        for place in 0..<kept { (state + place * width).update(from: state + (place + rows.count) * width, count: width) }
        for place in kept..<length - 1 {
            (state + place * width).update(from: x[rows.upperBound - (length - 1) + place], count: width)
        }
    }

    public func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, w) = (inputs[0], context.parameter.floats)
        context.threads.parallel(part.count, grain: max(1, RunContext.grain / (width * length))) { rows in
            for row in rows.lowerBound + part.lowerBound..<rows.upperBound + part.lowerBound {
                let past = past(of: row, forest)
                write(output[row], w) { $0 < past.count ? UnsafePointer(x[past[$0]]) : nil }
            }
        }
    }

    /// A row and those that come before it, as far as it sees them, the latest first.
    private func past(of row: Int, _ forest: Forest) -> [Int] {
        var past = [row]
        while past.count < length, case let parent = Int(forest.parents[past[past.count - 1]]), parent >= 0 { past.append(parent) }
        return past
    }

    /// dx_{t-n} += w_{k-1-n} ⊙ dy_t, dw_{k-1-n} += dy_t ⊙ x_{t-n} for each n.
    public func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, w, length) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.parameter.floats, length)
        let pasts = (0..<pull.count).map { past(of: $0, pull.forest) }, weightGradient = pull.weightGradient
        pull.eachColumns(width) { columns in
            let at = columns.lowerBound
            for row in pasts.indices.reversed() {
                for (back, other) in pasts[row].enumerated() {
                    let j = length - 1 - back
                    Vectors.add(g[row] + at, times: w + j * width + at, to: gradient[other] + at, count: columns.count)
                    guard let weightGradient else { continue }
                    for column in columns { weightGradient[column * length + j] += g[row][column] * x[other][column] }
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let seen = state + inputs[0]
        state = Array(seen.dropFirst(width))
        return (0..<width).map { column in
            (0..<length).reduce(Number(0)) { $0 + weight[$1 * width + column] * seen[$1 * width + column] }
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(
            additions: length * width, multiplications: length * width,
            stateBytes: 2 * (length - 1) * width * MemoryLayout<Float>.size)
    }
}
