import Basis
import Catalog
import Learning
import LinearAlgebra
import Models
import Support
import Tensors
import Testing
import Toolkit

/// Our gradients, and what training makes of them, are PyTorch's.
@Suite struct GoldenTrainingTests {
    @Test func `the golden run that comes with the project is there`() { #expect(TrainingGolden.all.map(\.name).contains("mmfree-train")) }

    /// Where a rounding flips between the original's float32 and float64, ours may fall to either side; how far that moves each gradient is
    /// recorded.
    @Test(arguments: TrainingGolden.all) func `loss and gradients of the first step are PyTorch's`(_ golden: TrainingGolden) throws {
        let run = try Run(golden)
        let loss = try run.gradients(of: 0)
        #expect(["losses_f32", "losses_f64"].contains { abs(loss - golden.numbers($0)[0]) < 1e-5 })
        let noise = golden.table("grad0_rel_err_f32_vs_f64"), norms = golden.table("grad0_norms_f32")
        for (index, name) in run.latents.names.enumerated() {
            let found = Array(run.latents.gradients(index)), norm = norms[name] ?? 0
            let tolerance = max(1e-3, 1.5 * (noise[name] ?? 0))
            #expect(abs(size(found) - norm) <= tolerance * norm, "\(name): \(size(found)), not \(norm)")
            guard let expected = try? golden.floats("grad0.\(name)") else { continue }
            let error = size(zip(found, expected).map { $0 - $1 }) / size(expected)
            #expect(error < tolerance, "\(name): \(error)")
        }
    }

    @Test(arguments: TrainingGolden.all) func `twenty steps go the way they went`(_ golden: TrainingGolden) throws {
        let run = try Run(golden)
        let losses = golden.numbers("losses_f32"), exact = golden.numbers("losses_f64")
        for step in losses.indices {
            let loss = try run.step(step)
            // What rounding flips alone do to the original, and as much again as reference runs differ.
            #expect(abs(loss - losses[step]) < max(0.02 * losses[step], 2 * abs(losses[step] - exact[step])), "step \(step): \(loss)")
        }
        let norms = golden.table("param_norms_after_20_f32")
        for (index, name) in run.latents.names.enumerated() {
            let found = size(Array(run.latents.values(index))), expected = norms[name] ?? 0
            #expect(abs(found - expected) < 1e-2 * expected, "\(name): \(found), not \(expected)")
        }
    }

    private func size(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
}

/// A golden run, done by us.
private final class Run {
    let latents: Latents
    private let golden: TrainingGolden
    private let trace: Trace
    private let loss: NextToken
    private let optimiser: AdamW
    private let batches: [[[Int32]]]

    init(_ golden: TrainingGolden) throws {
        let threads = ThreadPool(threads: 2)
        let model = try OpenModel(golden.folder, threads: threads)
        (self.golden, batches) = (golden, try golden.batches())
        latents = try Latents(model.graph.weights)
        try latents.load(from: model.checkpoint.tensors, kernels: .best)
        trace = try Trace(
            model.graph, latents, quantiser: model.quantiser, products: OpenBLASProducts(threads: threads), kernels: .best, threads: threads)
        loss = NextToken(kernels: .best, threads: threads)
        optimiser = AdamW(latents, try Run.options(golden), threads: threads)
    }

    private static func options(_ golden: TrainingGolden) throws -> AdamW.Options {
        var options = AdamW.Options()
        let betas = golden.json["hyper"]?["betas"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        (options.beta1, options.beta2) = (try #require(betas.first), try #require(betas.last))
        options.epsilon = try #require(golden.hyper("eps"))
        options.decay = try #require(golden.hyper("weight_decay"))
        options.clip = golden.hyper("clip") ?? 0
        return options
    }

    func gradients(of step: Int) throws -> Double {
        let weight = 1 / Double(Batch.predicted(batches[step]))
        return weight * (try loss(batches[step], trace, weight: weight))
    }

    func step(_ step: Int) throws -> Double {
        let loss = try gradients(of: step)
        _ = optimiser.step(latents, rate: try #require(golden.hyper("lr")))
        return loss
    }
}
