import Basis
import Catalog
import Models
import Quantising
import Support
import Tensors
import Testing
import Toolkit

/// How planes are shared out.
@Suite struct BudgetTests {
    private static func choice(_ name: String, _ count: Int, _ divergences: [Double]) throws -> PlaneChoice {
        PlaneChoice(weight: Weight(name, shape: [count, 128], kind: .table), costs: try divergences.enumerated().map { index, divergence in
            (form: try #require(PlaneForm(count: index + 1, isTied: true, hasShift: false)), divergence: divergence)
        })
    }

    @Test func aFormTakesItsTritsAndItsScales() throws {
        let tied = try #require(PlaneForm(count: 2, isTied: true, hasShift: true)), free = try #require(PlaneForm(count: 3, isTied: false, hasShift: false))
        #expect(abs(PlaneBudget.bits(tied) - (2 * 1.5849625 + 0.25)) < 1e-6)
        #expect(abs(PlaneBudget.bits(free) - (3 * 1.5849625 + 0.375)) < 1e-6)
    }

    @Test func aBitGoesWhereItGainsMost() throws {
        let choices = [try Self.choice("a", 10, [1, 0.5, 0.4]), try Self.choice("b", 10, [9, 1, 0.9]), try Self.choice("c", 20, [3, 0.5, 0.1])]
        let least = PlaneBudget.bits(choices[0].costs[0].form), more = PlaneBudget.bits(choices[0].costs[1].form) - least
        func counts(_ bits: Double) throws -> [Int] {
            let forms = try PlaneChoice.chosen(choices, bits: bits)
            return ["a", "b", "c"].compactMap { forms[$0]?.count }
        }
        #expect(try counts(least) == [1, 1, 1])
        #expect(try counts(least + more / 4) == [1, 2, 1])
        #expect(try counts(least + 3 * more / 4) == [1, 2, 2])
        #expect(try counts(least + more) == [2, 2, 2])
        #expect(try counts(100) == [3, 3, 3])
        #expect(throws: (any Error).self) { try counts(least - 0.01) }
    }

    /// Of a real model: no more bits than there are, and fewer divergences than with one plane each.
    @Test func aBudgetIsKeptAndPaysOff() throws {
        let configuration = smallConfigurations["llama"]?[1] ?? [:], family = try #require(Catalog.family(of: configuration))
        let graph = try Catalog.graph(family, configuration), source = try MemorySource(randomFor: graph, seed: 2), pool = ThreadPool(threads: 2)
        let matrices = graph.multipliedMatrices, texts = [(0..<40).map { (token: Int) -> Int32 in Int32(token * 31 % 300) }]
        let plan = CalibrationPlan(
            graph, source, try Catalog.quantiser("fitted"), forms: Dictionary(uniqueKeysWithValues: matrices.map { ($0.name, .single) }),
            texts: texts, Compensation())
        let candidates = try (1...3).map { try #require(PlaneForm(count: $0, isTied: false, hasShift: false)) }
        let forms = try PlaneBudget(plan, candidates: candidates, texts: texts, .best, pool).forms(bits: 2.6) { _, _ in }
        let weights = matrices.reduce(0) { $0 + $1.count }
        let bits = matrices.reduce(0.0) { $0 + (forms[$1.name].map(PlaneBudget.bits) ?? .nan) * Double($1.count) } / Double(weights)
        #expect(bits <= 2.6 && bits > 2.2)
        #expect(Set(forms.values.map(\.count)).count > 1)
    }
}
