import Basis
import Learning
import LinearAlgebra
import Models
import Support
import Tensors
import Testing
import Toolkit

/// Gradients through an inner loop of learning are PyTorch's.
@Suite struct InnerLoopGoldenTests {
    @Test(arguments: Golden.learners) func `loss and gradients are PyTorch's`(_ golden: Golden) throws {
        let threads = ThreadPool(threads: 2), model = try OpenModel(golden.model, threads: threads)
        let latents = try Latents(model.graph.weights)
        try latents.load(from: model.checkpoint.tensors, kernels: .best)
        let trace = try Trace(
            model.graph, latents, quantiser: model.quantiser, products: OpenBLASProducts(threads: threads), kernels: .best, threads: threads)
        let length = try golden.entry("train.ids").shape[1], texts = chunks(try golden.tokens("train.ids"), of: length)
        let weight = 1 / Double(Batch.predicted(texts)), loss = NextToken(kernels: .best, threads: threads)
        let found = weight * (try loss(texts, trace, weight: weight))
        #expect(abs(found - (golden.json["train_loss_f32"]?.doubleValue ?? 0)) < 1e-5)
        let norms = try #require(golden.json["train_grad_norms"]?.objectValue)
        #expect(Set(norms.keys) == Set(latents.names))
        for (index, name) in latents.names.enumerated() {
            let found = Array(latents.gradients(index)), norm = norms[name]?.doubleValue ?? 0
            #expect(abs(size(found) - norm) <= 1e-4 * norm, "\(name): \(size(found)), not \(norm)")
            guard golden.has("train.grad.\(name)") else { continue }
            let expected = try golden.floats("train.grad.\(name)")
            #expect(size(zip(found, expected).map { $0 - $1 }) <= 1e-4 * size(expected), "\(name)")
        }
        #expect(golden.keys.count { $0.hasPrefix("train.grad.") } > 10)
    }

    private func size(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
