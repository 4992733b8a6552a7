import Basis
import Glibc
import Models
import Tensors

/// Chooses how many planes each matrix gets: as much as a budget of bits allows, where a bit makes the model's predictions diverge least
/// from those of the model of floats. Divergences are measured for each matrix alone and each number of planes, and taken to add up.
public struct PlaneBudget {
    private let plan: CalibrationPlan
    private let judge: Judge
    private let kernels: Kernels
    private let threads: ThreadPool

    private let candidates: [PlaneForm]

    /// Each of the plan's matrices gets one of the candidates, the smallest first. `texts` is what models are judged by.
    public init(
        _ plan: CalibrationPlan, candidates: [PlaneForm], texts: [[Int32]], _ kernels: Kernels, _ threads: ThreadPool
    ) throws {
        (self.plan, self.candidates, self.kernels, self.threads) = (plan, candidates, kernels, threads)
        judge = try Judge(plan.graph, plan.tensors, texts: texts, kernels, threads)
    }

    /// Bits that a weight of a form takes, its scales included, where trits are stored as well as they can be.
    public static func bits(_ form: PlaneForm) -> Double {
        let numbers = form.scaleCount + (form.hasShift ? 1 : 0)
        return Double(form.count) * log2(3) + 16 * Double(numbers) / Double(PlaneMatrix.span)
    }

    /// The forms of least divergence with at most so many bits a weight; refuses a budget that one plane for each matrix exceeds already.
    public func forms(bits: Double, _ measured: (Int, Int) -> Void) throws -> [String: PlaneForm] {
        let matrices = plan.graph.multipliedMatrices.filter { plan.forms[$0.name] != nil }
        var choices: [PlaneChoice] = []
        for (index, weight) in matrices.enumerated() {
            choices.append(try choice(weight))
            measured(index + 1, matrices.count)
        }
        return try PlaneChoice.chosen(choices, bits: bits)
    }

    private func choice(_ weight: Weight) throws -> PlaneChoice {
        guard let index = plan.tensors.index(of: weight.name) else { throw Failure("tensor '\(weight.name)' is missing") }
        let costs = try candidates.map { form in
            let planes = try plan.tensors.withBytes(index) { bytes in
                let element = plan.tensors.entries[index].element
                let floats = try FloatMatrix(rows: weight.rows, columns: weight.columns, element: element, bytes: bytes)
                return try PlaneMatrix(weight, form, of: floats, by: plan.quantiser, kernels, threads)
            }
            let overlay = Overlay(plan.tensors)
            overlay.replace(weight.name, with: try LooseTensors(planes))
            return (form: form, divergence: try judge.verdict(on: overlay).divergence)
        }
        return PlaneChoice(weight: weight, costs: costs)
    }
}

/// What a matrix costs with one plane, two and three.
package struct PlaneChoice {
    package let weight: Weight
    package let costs: [(form: PlaneForm, divergence: Double)]

    package init(weight: Weight, costs: [(form: PlaneForm, divergence: Double)]) { (self.weight, self.costs) = (weight, costs) }

    /// From one plane each, step by step whatever gains most for a bit, as long as the budget lasts.
    package static func chosen(_ choices: [PlaneChoice], bits: Double) throws -> [String: PlaneForm] {
        let weights = Double(choices.reduce(0) { $0 + $1.weight.count })
        var place = [Int](repeating: 0, count: choices.count), left = bits * weights
        for choice in choices { left -= choice.bits(0) }
        guard left >= -1e-6 * weights else {
            let least = PlaneChoice.text((bits * weights - left) / weights)
            throw Failure("one plane for each matrix takes \(least) bits a weight, more than the budget")
        }
        while let step = best(choices, place, left: left) {
            left -= choices[step.matrix].bits(step.to) - choices[step.matrix].bits(place[step.matrix])
            place[step.matrix] = step.to
        }
        return Dictionary(uniqueKeysWithValues: zip(choices, place).map { ($0.weight.name, $0.costs[$1].form) })
    }

    private func bits(_ index: Int) -> Double { PlaneBudget.bits(costs[index].form) * Double(weight.count) }

    private static func best(_ choices: [PlaneChoice], _ place: [Int], left: Double) -> (matrix: Int, to: Int)? {
        var best: (matrix: Int, to: Int)?, most = 0.0
        for (matrix, choice) in choices.enumerated() {
            for to in place[matrix] + 1..<max(choice.costs.count, place[matrix] + 1) {
                let bits = choice.bits(to) - choice.bits(place[matrix])
                let gain = (choice.costs[place[matrix]].divergence - choice.costs[to].divergence) / bits
                if bits <= left, gain > most { (best, most) = ((matrix, to), gain) }
            }
        }
        return best
    }

    private static func text(_ bits: Double) -> String { "\((bits * 100).rounded() / 100)" }
}

/// The tensors of one matrix, in memory.
private final class LooseTensors: TensorSource {
    let entries: [TensorEntry]
    let isConcurrent = true
    private let planes: PlaneMatrix
    private let bytes: [UnsafeRawBufferPointer]

    init(_ planes: PlaneMatrix) throws {
        let tensors = try planes.tensors()
        (self.planes, entries, bytes) = (planes, tensors.map(\.entry), tensors.map(\.bytes))
    }

    func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws { buffer.copyMemory(from: bytes[index]) }
    func mapped(_ index: Int) -> UnsafeRawBufferPointer? { bytes[index] }
}
