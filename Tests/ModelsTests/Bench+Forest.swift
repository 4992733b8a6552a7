import Basis
import Models
import Support
import Tensors

/// One operation on the rows of a forest, which branches at random.
extension Bench {
    /// The rows in a random order of descent: some begin a text, most come after the one before them.
    func forest(seed: UInt64) -> Forest {
        var random = Random(seed: seed), forest = Forest()
        for row in 0..<rows {
            let kind = random.next() % 8
            let parent = row == 0 || kind == 0 ? -1 : kind < 5 ? row - 1 : Int(random.next() % UInt64(row))
            forest.add(tokens[row], after: parent)
        }
        return forest
    }

    /// `grow`, in parts that end at the given borders.
    func grow(_ forest: Forest, borders: [Int] = [], _ kernels: Kernels = .best) throws -> [[Float]] {
        let memory = sample.inputs.indices.map { load($0, Array(0..<rows), kernels) }
        let output = try Arena(form: operation.form(of: sample.inputs), rows: rows)
        try grow(forest, borders: borders, memory, output, kernels)
        return output.values
    }

    private func grow(_ forest: Forest, borders: [Int], _ inputs: [Arena], _ output: Arena, _ kernels: Kernels) throws {
        let cuts = [0] + borders + [rows], parameter = try parameter(kernels)
        for part in zip(cuts, cuts.dropFirst()).map({ $0..<$1 }) {
            forest.tokens[part].withUnsafeBufferPointer { tokens in
                let context = RunContext(
                    kernels: kernels, threads: threads, tokens: tokens, segments: forest.chains(in: part, from: part.lowerBound),
                    parameter: parameter, states: [])
                operation.grow(part, of: forest, inputs.map(\.rows), output.rows, context)
            }
        }
    }

    /// What `pull` makes of gradients by the output.
    func pull(
        _ forest: Forest, _ outputGradient: [[Float]], digits: Bool = false
    ) throws -> (inputs: [[[Float]]], weight: [Float]) {
        let memory = sample.inputs.indices.map { load($0, Array(0..<rows), .best) }
        let form = try operation.form(of: sample.inputs), output = Arena(form: form, rows: rows)
        try grow(forest, borders: [], memory, output, .best)
        let above = Arena(form: .floats(form.width), rows: rows)
        for row in 0..<rows { above.rows[row].update(from: outputGradient[row], count: form.width) }
        let gradients = sample.inputs.map { Arena(form: .floats($0.width), rows: rows, zeros: true) }
        let weight = latent(), columns = operation.weight?.columns ?? 0, codes = columns > 0 ? codes(columns) : []
        var weightGradient = [Float](repeating: 0, count: weight.count)
        let parameter = try parameter(.best)
        weight.withUnsafeBufferPointer { weight in
            codes.withUnsafeBufferPointer { codes in
                weightGradient.withUnsafeMutableBufferPointer { weightGradient in
                    let starts = self.starts
                    operation.pull(
                        Pull(
                            inputs: memory.map(\.rows), output: output.rows, outputGradient: above.rows,
                            inputGradients: gradients.map(\.rows), parameter: parameter,
                            latents: starts.compactMap { start in weight.baseAddress.map { $0 + start } },
                            weightGradients: starts.compactMap { start in weightGradient.baseAddress.map { $0 + start } },
                            codes: codes.baseAddress, forest: forest,
                            products: BackwardProducts(NaiveProducts(), kernels: .best, threads: threads, digits: digits),
                            kernels: .best, threads: threads))
                }
            }
        }
        return (gradients.map(\.values), weightGradient)
    }

    /// Where each weight begins in all of their numbers.
    private var starts: [Int] { operation.weights.indices.map { operation.weights[..<$0].reduce(0) { $0 + $1.count } } }

    /// The trits in the form of files.
    private func codes(_ columns: Int) -> [UInt8] {
        let rowBytes = Trits.rowBytes(width: columns)
        var codes = [UInt8](repeating: 0b01_01_01_01, count: trits.count / columns * rowBytes)
        for (place, trit) in trits.enumerated() {
            let (row, column) = (place / columns, place % columns), shift = UInt8(2 * (column % 4))
            codes[row * rowBytes + column / 4] &= ~(3 << shift)
            codes[row * rowBytes + column / 4] |= UInt8(trit + 1) << shift
        }
        return codes
    }

    /// A number that a loss depends on.
    enum Place {
        case input(Int, row: Int, column: Int)
        case weight(Int)
    }

    /// Σ factors ⊙ outputs by the definition on unrounded numbers, with one number moved.
    func loss(_ forest: Forest, _ factors: [[Float]], moving place: Place? = nil, by step: Double = 0) -> Double {
        var weight = latent()
        if case .weight(let index) = place { weight[index] += Float(step) }
        let defined: any Operation = operation.weight?.kind == .ternary ? untrained(operation) : operation
        let definition: DefinitionWeight<Unrounded> = definition(weight)
        var states: [[Unrounded]] = [], sum = 0.0
        for row in 0..<rows {
            let parent = Int(forest.parents[row])
            var state = parent < 0 ? emptyState() : states[parent]
            var numbers = inputs.map { input in input[row].map { Unrounded(Double($0)) } }
            if case .input(let input, row, let column) = place {
                numbers[input][column] = numbers[input][column] + Unrounded(step)
            }
            let token = TokenPlace(id: Int(tokens[row]), position: Int(forest.positions[row]))
            let output = defined.define(numbers, weight: definition, token: token, state: &state)
            states.append(state)
            for (factor, value) in zip(factors[row], output) { sum += Double(factor) * value.value }
        }
        return sum
    }

    private func emptyState() -> [Unrounded] {
        if case .floats(let width) = operation.memory { [Unrounded](repeating: Unrounded(0), count: width) } else { [] }
    }

    /// The float product that a ternary one stands for.
    private func untrained(_ operation: any Operation) -> any Operation {
        Linear(matrix: Weight("w", shape: operation.weight?.shape ?? [], kind: .table))
    }
}
