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
        return Double(form.count) * log2(3) + 16 * Double(numbers) / Double(IntegerBits.span)
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
