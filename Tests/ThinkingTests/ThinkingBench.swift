import Basis
import Catalog
import Learning
import LinearAlgebra
import Models
import QuietStar
import Support
import Tensors
import Toolkit

/// A model that thinks, ready to be taught.
struct ThinkingBench {
    let bench: Workbench
    let thinking: Thinking
    let body: Trace

    /// The model of a folder; `given` is what stands under `thinking` where the model lacks it. What it lacks of weights begins with zeros,
    /// or with small noise.
    init(_ folder: String, _ given: JSON, noise: Bool = false, memoryLimit: Int = .max) throws {
        let threads = ThreadPool(threads: 2), model = try OpenModel(folder, threads: threads)
        var configuration = try model.checkpoint.configuration().objectValue ?? JSONObject()
        configuration["thinking"] = given
        guard let family = model.family else { throw Failure("'\(folder)' is of no known family") }
        let graph = try Catalog.graph(family, .object(configuration)), latents = try Latents(graph.weights)
        try latents.load(from: model.checkpoint.tensors, kernels: .best, seed: 5) { _ in noise ? .normal(deviation: 0.05) : .constant(0) }
        bench = Workbench(
            graph: graph, configuration: .object(configuration), latents: latents, quantiser: Catalog.quantisers[0],
            products: OpenBLASProducts(threads: threads), kernels: .best, threads: threads, memoryLimit: memoryLimit)
        thinking = try Thinking(given)
        body = try bench.trace(graph.leading(to: Thinking.hidden))
    }

    /// What runs the model as `infer` does.
    func machine() throws -> Machine {
        let latents = bench.latents
        let source = MemorySource(try latents.weights.indices.map { index in
            let weight = latents.weights[index], values = Array(latents.values(index))
            let entry = try TensorEntry(name: weight.source, element: .float32, shape: weight.shape)
            return (entry, values.withUnsafeBytes { Array($0) })
        })
        let ternary = try TernarySource(
            source, graph: bench.graph, quantiser: bench.quantiser, kernels: bench.kernels, threads: bench.threads)
        let weights = try Weights(bench.graph, from: ternary, kernels: bench.kernels, threads: bench.threads)
        return try Machine(bench.graph, weights, kernels: bench.kernels, threads: bench.threads)
    }

    func objective(ahead: Int, policy: Double) throws -> Objective {
        try Objective(bench, thinking, Objective.Options(ahead: ahead, policy: policy, temperature: 3, base: 0.5))
    }
}

/// A row as an array.
func numbers(_ rows: Rows, _ row: Int) -> [Float] { (0..<rows.width).map { rows[row][$0] } }
