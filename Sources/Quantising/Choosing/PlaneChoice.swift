import Basis
import Models

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
