import Accelerator
import Basis
import Hardware
import Tensors
import Toolkit

/// The fidelity `exact`: a program on real weights, held against the machine that infer runs.
struct ExactRun {
    let simulation: CoreSimulation
    let comparison: ExactComparison

    init(_ model: OpenModel, on device: Device, _ workload: Workload, threads: ThreadPool) throws {
        let sketch = try SimulatedModel(model.argument, model.graph)
        simulation = try CoreSimulation(sketch, on: device, workload)
        let kernels = try Kernels.fromEnvironment()
        let source = try model.containerTensors(kernels, threads)
        guard model.argument != "-" else { throw Failure("exact numbers need weights that can be read twice: a file, not standard input") }
        comparison = try ExactComparison(
            simulation.program, simulation.core, model.graph, from: source, first: model.specialTokens.begin ?? 0, count: workload.tokens,
            kernels: kernels, threads: threads)
    }

    var text: String {
        table([
            ["device", "\(simulation.device.name): \(simulation.device.title)"],
            ["model", simulation.model.name],
            ["tokens", "\(comparison.tokens), \(simulation.cycles) cycles each"],
            ["products by trits", "\(comparison.products)"],
            ["int8 activations", "\(comparison.activations), \(told(comparison.differentActivations))"],
            ["sums", "\(comparison.sums), \(told(comparison.differentSums)), \(comparison.overflows) too wide for the accumulator"],
            ["logits", told(comparison.differentLogits)],
        ])
    }

    private func told(_ different: Int) -> String { different == 0 ? "all as infer has them" : "\(different) NOT as infer has them" }

    var json: JSON {
        [
            "device": .string(simulation.device.name), "model": .string(simulation.model.name), "fidelity": "exact",
            "tokens": .integer(comparison.tokens), "cycles": .integer(simulation.cycles), "products": .integer(comparison.products),
            "activations": .integer(comparison.activations), "different_activations": .integer(comparison.differentActivations),
            "sums": .integer(comparison.sums), "different_sums": .integer(comparison.differentSums),
            "overflows": .integer(comparison.overflows), "different_logits": .integer(comparison.differentLogits),
        ]
    }
}
