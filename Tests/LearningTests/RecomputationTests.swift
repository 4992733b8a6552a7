import Basis
import Catalog
import Learning
import LinearAlgebra
import Models
import Support
import Tensors
import Testing
import Toolkit

/// What is computed a second time gives the gradients that what is remembered gives, to the last bit.
@Suite struct RecomputationTests {
    private func gradients(_ model: OpenModel, limit: Int) throws -> (loss: Double, gradients: [Float], remembered: Int) {
        let threads = ThreadPool(threads: 2), latents = try Latents(model.graph.weights)
        try latents.load(from: model.checkpoint.tensors, kernels: .best)
        let trace = try Trace(
            model.graph, latents, quantiser: Catalog.quantisers[0], products: OpenBLASProducts(threads: threads), kernels: .best,
            threads: threads, memoryLimit: limit)
        let texts: [[Int32]] = [(0..<33).map { $0 * 7 % 90 }, (0..<5).map { $0 + 3 }, [1, 2]]
        let loss = try NextToken(kernels: .best, threads: threads)(texts, trace, weight: 0.1)
        return (loss, Array(latents.gradients), trace.rememberedBlocks)
    }

    @Test(arguments: ["mmfree-train", "mmfree-tiny-opts", "bitnet-tiny-bf16"])
    func `the limit of memory changes nothing`(_ name: String) throws {
        let model = try OpenModel("\(Programs.package)/Tests/Golden/\(name)", threads: ThreadPool(threads: 2))
        let all = try gradients(model, limit: .max), limits = [0] + (16..<24).map { 1 << $0 }
        let others = try limits.map { try gradients(model, limit: $0) }
        for other in others { #expect(other.loss == all.loss && other.gradients == all.gradients) }
        #expect(others[0].remembered == 0 && Set(others.map(\.remembered) + [all.remembered]).count > 2)
        #expect(all.gradients.contains { $0 != 0 })
    }
}
