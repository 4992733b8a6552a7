import Basis
import Catalog
import Hardware
import Models
import Testing

/// What holds for every device that comes with the programs and every model.
@Suite struct SimulationLaws {
    private static let names = Catalog.devices.map(\.name)

    private func models() throws -> [SimulatedModel] { try Subjects.small() + Subjects.published() }

    private func predicted(
        _ model: SimulatedModel, _ device: Device, prompt: Int = 100, tokens: Int = 20, batch: Int = 1, packing: (inout Workload) -> Void = { _ in }
    ) throws -> Prediction {
        var work = Workload()
        (work.prompt, work.tokens, work.batch) = (prompt, tokens, batch)
        packing(&work)
        return try Prediction(Simulation(model, on: device, work))
    }

    /// Not less but for rounding.
    private func atLeast(_ a: Double, _ b: Double) -> Bool { a >= b * (1 - 1e-9) }

    @Test(arguments: names) func `twice the bandwidth is never slower, nor twice the rate, nor half the overhead`(_ name: String) throws {
        let json = try bundled(name)
        let plain = try device(json), changes: [(String, Device)] = [
            ("bandwidth", try device(json.scaling(by: 2) { $0.hasSuffix(".bandwidth") })),
            ("rate", try device(json.scaling(by: 2) { $0.hasSuffix(".rate") })),
            ("overhead", try device(json.scaling(by: 0.5) { $0.hasSuffix("overhead") })),
        ]
        for model in try models() {
            let before = try predicted(model, plain)
            for (what, change) in changes {
                let after = try predicted(model, change)
                #expect(atLeast(before.tokenSeconds, after.tokenSeconds), "\(what), \(model.name), a token")
                #expect(atLeast(before.firstTokenSeconds, after.firstTokenSeconds), "\(what), \(model.name), a prompt")
            }
        }
    }

    @Test(arguments: names) func `fewer bits are never more bytes`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let bytes = try Packings.all.map { packing in try predicted(model, device) { $0.packing = packing } }
            for (fewer, more) in zip(bytes, bytes.dropFirst()) {
                #expect(fewer.decode.bytes <= more.decode.bytes && fewer.simulation.memory.bytes <= more.simulation.memory.bytes, "\(model.name)")
                if model.tritCount > 0 { #expect(fewer.decode.bytes < more.decode.bytes) }
            }
        }
    }

    @Test(arguments: names) func `two texts at once are never slower than one after the other`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let all = try [1, 2, 8].map { try predicted(model, device, batch: $0) }
            // Weights that no longer fit beside the keys and values move to a slower memory.
            for (one, two) in zip(all, all.dropFirst()) where one.simulation.memory.name == two.simulation.memory.name {
                #expect(atLeast(two.decodeTokensPerSecond, one.decodeTokensPerSecond), "\(model.name), \(two.simulation.workload.batch) texts")
            }
        }
    }

    @Test(arguments: names) func `energies add up, and no term is less than nothing or beyond all bounds`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let prediction = try predicted(model, device, batch: 3)
            for pass in prediction.prefill + [prediction.decode] { check(pass, "\(model.name) on \(name)") }
            let rates = [
                prediction.decodeTokensPerSecond, prediction.prefillTokensPerSecond, prediction.seconds, prediction.joulesPerToken, prediction.watts,
            ]
            #expect(rates.allSatisfy { $0.isFinite && $0 >= 0 } && prediction.seconds > 0, "\(model.name)")
            #expect(isClose(prediction.joulesPerToken * prediction.decodeTokensPerSecond, prediction.watts))
        }
    }

    private func check(_ pass: PassEstimate, _ what: String) {
        let energy = pass.energy, memories = energy.memories.values.reduce(0, +)
        let parts = [energy.operations, memories, energy.link, energy.idle, energy.host, energy.rest]
        #expect(parts.allSatisfy { $0.isFinite && $0 >= 0 } && isClose(parts.reduce(0, +), energy.total, 1e-12), "\(what): \(parts)")
        for kernel in pass.kernels {
            let times = [kernel.memorySeconds, kernel.computeSeconds, kernel.overheadSeconds, kernel.operations, kernel.allBytes, kernel.energy.dynamic]
            #expect(times.allSatisfy { $0.isFinite && $0 >= 0 }, "\(what), \(kernel.name): \(times)")
            #expect(kernel.seconds == kernel.overheadSeconds + max(kernel.memorySeconds, kernel.computeSeconds))
        }
        #expect(pass.seconds > 0 && !pass.kernels.isEmpty, "\(what)")
    }

    @Test(arguments: names) func `a longer prompt takes longer`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let all = try [1, 2, 3, 100, 513, 2000].map { try predicted(model, device, prompt: $0) }
            for (short, long) in zip(all, all.dropFirst()) where short.simulation.memory.name == long.simulation.memory.name {
                #expect(
                    atLeast(long.firstTokenSeconds, short.firstTokenSeconds),
                    "\(model.name): \(short.simulation.workload.prompt) and \(long.simulation.workload.prompt) tokens")
            }
        }
    }

    @Test(arguments: names) func `a token costs no less the more came before it`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let simulation = try Simulation(model, on: device, Workload())
            let all = try [0, 1, 15, 16, 1000, 5000].map { try simulation.decode(past: $0) }
            for (early, late) in zip(all, all.dropFirst()) {
                #expect(atLeast(late.seconds, early.seconds) && late.bytes >= early.bytes && late.operations >= early.operations, "\(model.name)")
                #expect(atLeast(late.energy.dynamic, early.energy.dynamic), "\(model.name)")
            }
        }
    }

    @Test(arguments: names) func `leaving out embedding and head is never more`(_ name: String) throws {
        let device = try device(bundled(name))
        for model in try models() {
            let all = try predicted(model, device), blocks = try predicted(model, device) { $0.blocksOnly = true }
            #expect(blocks.tokenSeconds < all.tokenSeconds && blocks.decode.bytes < all.decode.bytes, "\(model.name)")
            #expect(blocks.simulation.memory.bytes < all.simulation.memory.bytes, "\(model.name)")
        }
    }

    @Test func `no number of tokens is more than can be counted`() throws {
        let device = try device(bundled("a100-40g"))
        for model in try models() {
            var work = Workload()
            (work.prompt, work.tokens, work.batch) = (1 << 24, 1 << 24, 1 << 20)
            do {
                let prediction = try Prediction(Simulation(model, on: device, work))
                #expect(prediction.seconds.isFinite)
            } catch { #expect("\(error)".contains("more operations than can be counted")) }
        }
    }
}
