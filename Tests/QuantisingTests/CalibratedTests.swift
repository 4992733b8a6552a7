import Basis
import Catalog
import Models
import Quantising
import Support
import Tensors
import TestFiles
import Testing
import Toolkit

/// All matrices of a model, one after the other.
@Suite struct CalibratedTests {
    private struct Ended: Error {}

    private static func plan(_ index: Int, asymmetry: Float = 1) throws -> (plan: CalibrationPlan, graph: Graph) {
        let configuration = smallConfigurations["llama"]?[index] ?? [:], family = try #require(Catalog.family(of: configuration))
        let graph = try Catalog.graph(family, configuration), source = try MemorySource(randomFor: graph, seed: 3)
        var compensation = Compensation()
        compensation.asymmetry = asymmetry
        let texts = (0..<6).map { text -> [Int32] in
            (0..<30).map { (token: Int) -> Int32 in Int32((token * 31 + text * 17 + token * token) % 67) }
        }
        let forms = Dictionary(uniqueKeysWithValues: graph.multipliedMatrices.map { ($0.name, PlaneForm.single) })
        return (CalibrationPlan(graph, source, try Catalog.quantiser("fitted"), forms: forms, texts: texts, compensation), graph)
    }

    private static func bytes(_ source: any TensorSource) throws -> [[UInt8]] {
        try source.entries.indices.map { index in try source.withBytes(index) { Array($0) } }
    }

    /// Also where matrices are biased, where heads share keys, where norms stand in the way: every kind that the family has.
    @Test(arguments: 0..<4) func allMatricesBecomePlanes(index: Int) throws {
        let (plan, graph) = try Self.plan(index), scratch = try Scratch(), pool = ThreadPool(threads: 2)
        var done: [String] = []
        let result = try CalibratedMatrices(plan, WorkFolder(scratch.file("work"), identity: "x"), .best, pool).run { done.append($0.weight.name) }
        #expect(done.sorted() == graph.multipliedMatrices.map(\.name).sorted())
        let judge = try Judge(graph, plan.tensors, texts: plan.texts, .best, pool)
        let plain = try TernarySource(plan.tensors, graph: graph, quantiser: plan.quantiser, planes: plan.forms, kernels: .best, threads: pool)
        #expect(try judge.verdict(on: result).divergence < judge.verdict(on: plain).divergence)
        #expect(try judge.verdict(on: plan.tensors).divergence < 1e-9)
    }

    /// Ended after any matrix, a run goes on to the same bytes, with another number of threads and on another processor.
    @Test(arguments: [0, 1, 5, 13]) func aRunThatWasEndedGoesOn(after count: Int) throws {
        let (plan, _) = try Self.plan(0), scratch = try Scratch()
        let expected = try Self.bytes(
            CalibratedMatrices(plan, WorkFolder(scratch.file("whole"), identity: "x"), .best, ThreadPool(threads: 1)).run { _ in })
        var done = 0
        #expect(throws: Ended.self) {
            try CalibratedMatrices(plan, WorkFolder(scratch.file("work"), identity: "x"), .best, ThreadPool(threads: 2)).run { _ in
                if done == count { throw Ended() }
                done += 1
            }
        }
        let folder = try WorkFolder(scratch.file("work"), identity: "x")
        let found = try Self.bytes(CalibratedMatrices(plan, folder, .at(.scalar), ThreadPool(threads: 3)).run { _ in })
        #expect(found == expected)
        folder.remove()
        #expect(!isFolder(scratch.file("work")))
    }

    /// What another run has left is not taken.
    @Test func workOfAnotherRunIsNotTaken() throws {
        let (plan, _) = try Self.plan(0), (other, _) = try Self.plan(0, asymmetry: 0), scratch = try Scratch(), pool = ThreadPool(threads: 2)
        let expected = try Self.bytes(CalibratedMatrices(other, WorkFolder(scratch.file("other"), identity: "y"), .best, pool).run { _ in })
        _ = try CalibratedMatrices(plan, WorkFolder(scratch.file("work"), identity: "x"), .best, pool).run { _ in }
        let found = try Self.bytes(CalibratedMatrices(other, WorkFolder(scratch.file("work"), identity: "y"), .best, pool).run { _ in })
        #expect(found == expected)
    }
}
