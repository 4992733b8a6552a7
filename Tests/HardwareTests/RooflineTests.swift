import Basis
import Hardware
import Models
import Support
import Testing

/// Predictions are what the manual says, computed plainly.
@Suite struct RooflineTests {
    /// A device in a variant, and the same for the naive computation.
    struct Variant: Sendable, CustomStringConvertible {
        let description: String
        let json: JSON
        let naive: NaiveRoofline
        let isFused: Bool
    }

    /// Launches counted by name leave the graph as it is; without, it is fused.
    static let variants: [Variant] = {
        let plain = TinyDevice.json, fused = plain.with("launch-counts", nil), alone = fused.with("chips", 1).with("link", nil)
        return [
            Variant(description: "counted", json: plain, naive: NaiveRoofline(), isFused: false),
            Variant(
                description: "stages", json: fused.with("launches", "stage"), naive: NaiveRoofline(launches: "stage"), isFused: true),
            Variant(
                description: "one launch, adders", json: alone.with("launches", "pass").with("engines.ternary.method", "add"),
                naive: NaiveRoofline(launches: "pass", chips: 1, method: "add"), isFused: true),
            Variant(
                description: "multipliers", json: alone.with("launches", "stage").with("engines.ternary.method", "multiply"),
                naive: NaiveRoofline(launches: "stage", chips: 1, method: "multiply"), isFused: true),
        ]
    }()

    @Test(arguments: variants) func `time and energy of each family's passes are the sums over their nodes`(_ variant: Variant) throws {
        for model in try Subjects.small() {
            let schedule = Schedule(model.graph, optimising: variant.isFused)
            for (texts, prompt) in [(1, 1), (1, 7), (3, 20)] {
                var work = Workload()
                (work.batch, work.prompt, work.tokens, work.activationZeros) = (texts, prompt, 5, 0.25)
                let prediction = try Prediction(Simulation(model, on: device(variant.json), work))
                let cases = [(prediction.prefill[0], prompt, 0), (prediction.decode, 1, prompt + 2)]
                for (pass, tokens, past) in cases {
                    let total = variant.naive.total(
                        schedule.graph, stages: schedule.stages, tail: schedule.tail, texts: texts, tokens: tokens, past: past)
                    let link = try linked(model.graph, rows: texts * tokens, variant)
                    check(pass, total, link, variant, "\(model.name), \(texts) texts, \(tokens) tokens after \(past)")
                }
            }
        }
    }

    private func check(_ pass: PassEstimate, _ total: NaiveRoofline.Total, _ link: (seconds: Double, joules: Double), _ variant: Variant, _ what: String) {
        let energy = pass.energy, chips = variant.naive.chips, seconds = total.seconds + link.seconds
        let dynamic = total.operations + total.near + total.far + link.joules
        #expect(isClose(pass.seconds, seconds), "\(what): \(pass.seconds) s, naively \(seconds) s")
        #expect(isClose(pass.bytes, total.bytes), "\(what)")
        #expect(isClose(energy.operations, total.operations), "\(what): \(energy.operations) J, naively \(total.operations) J")
        #expect(isClose(energy.memories["near", default: 0], total.near) && isClose(energy.memories["far", default: 0], total.far), "\(what)")
        #expect(isClose(energy.link, link.joules) && isClose(energy.idle, 0.5 * chips * seconds) && isClose(energy.host, seconds), "\(what)")
        // Busy beyond what is always taken, for the share of the time in which something works, beyond what is counted already.
        let busy = (3 - 0.5) * chips * seconds * total.working / total.seconds
        #expect(isClose(energy.rest, max(0, busy - dynamic)), "\(what)")
    }

    /// Matrices that two chips share: two sums a block, of each row's numbers in 16 bits.
    private func linked(_ graph: Graph, rows: Int, _ variant: Variant) throws -> (seconds: Double, joules: Double) {
        guard variant.naive.chips == 2 else { return (0, 0) }
        let blocks = Set(graph.nodes.compactMap { $0.name.split(separator: ".").lazy.compactMap { Int($0) }.first }).count
        let width = graph.nodes.filter { $0.operation is Add }.map(\.form.width).max() ?? 0
        let bytes = 2 * 2.0 * Double(rows * width) / 2, times = 2.0 * Double(blocks)
        return (times * (2e-6 + bytes / 1e9), 8 * 10e-12 * times * bytes * 2)
    }

    /// Of the middle one of all passes but the last, as often as there are such, and of the last.
    @Test func `a prompt in several passes costs what they cost`() throws {
        let json = TinyDevice.json.with("pass-rows", 64)
        for model in try Subjects.small() {
            var work = Workload()
            work.prompt = 150
            let parts = try Prediction(Simulation(model, on: device(json), work))
            #expect(parts.prefill.map(\.times) == [2, 1])
            #expect(isClose(parts.firstTokenSeconds, 2 * parts.prefill[0].seconds + parts.prefill[1].seconds))
            let joules = 2 * parts.prefill[0].energy.total + parts.prefill[1].energy.total
            #expect(isClose(parts.prefillJoulesPerToken, joules / 150))
            // Overheads are paid three times, and weights read as often.
            let whole = try Prediction(Simulation(model, on: device(json.with("pass-rows", nil)), work))
            #expect(parts.firstTokenSeconds > whole.firstTokenSeconds)
            work.prompt = 1 << 24
            let long = try Prediction(Simulation(model, on: device(json.with("pass-rows", 1)), work))
            #expect(long.prefill.map(\.times) == [Double((1 << 24) - 1), 1] && long.firstTokenSeconds.isFinite)
        }
    }

    @Test func `weights that come ahead leave memory and engines to work side by side`() throws {
        let json = TinyDevice.json.with("launch-counts", nil).with("chips", 1).with("link", nil)
        for model in try Subjects.small() {
            let pass = try Prediction(Simulation(model, on: device(json.with("weights", "ahead")), Workload())).decode
            var (memory, rest) = (0.0, 0.0)
            for kernel in pass.kernels {
                memory += kernel.memorySeconds
                rest += kernel.computeSeconds + kernel.overheadSeconds
            }
            #expect(isClose(pass.seconds, max(memory, rest)))
        }
    }

    @Test func `weights that stay let each product wait for its own part of the chip`() throws {
        let json = TinyDevice.json.with("launch-counts", nil).with("chips", 1).with("link", nil)
        for model in try Subjects.small() where model.tritCount > 0 {
            let stationary = try Prediction(Simulation(model, on: device(json.with("weights", "stationary")), Workload())).decode
            let fetched = try Prediction(Simulation(model, on: device(json), Workload())).decode
            for (a, b) in zip(stationary.kernels, fetched.kernels) {
                let weights = model.graph.nodes.first { $0.name == b.name }?.operation.weight?.count ?? 0
                let factor = b.kind == .ternary ? model.tritCount / Double(weights) : 1
                #expect(isClose(a.computeSeconds, factor * b.computeSeconds), "\(b.name)")
                #expect(a.memorySeconds == b.memorySeconds && a.overheadSeconds == b.overheadSeconds)
            }
        }
    }

    @Test func `a row of chips takes a text as long as one, and as many texts as there are parts`() throws {
        let json = TinyDevice.json.with("launch-counts", nil).with("split", "pipeline"), alone = json.with("chips", 1)
        for model in try Subjects.small() {
            var work = Workload()
            let one = try Prediction(Simulation(model, on: device(alone), work)).decode
            let row = try Prediction(Simulation(model, on: device(json), work)).decode
            let parts = Set(model.graph.nodes.compactMap { $0.name.split(separator: ".").lazy.compactMap { Int($0) }.first }).count
            // The near memories of both chips hold what those of one do not.
            #expect(row.seconds - row.linkSeconds <= one.seconds * (1 + 1e-12))
            work.batch = 2
            let both = try Prediction(Simulation(model, on: device(json), work)).decode
            if parts >= 2 { #expect(both.seconds == row.seconds && both.energy.link == 2 * row.energy.link) }
        }
    }
}
