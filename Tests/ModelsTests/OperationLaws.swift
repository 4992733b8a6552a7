import Basis
import Catalog
import Models
import Tensors
import Testing

/// The laws of DESIGN that hold for every operation, over every operation there is.
@Suite struct OperationLaws {
    @Test func everyOperationHasASample() throws {
        let sampled = Set(try Sample.all().map { type(of: $0.operation).name })
        #expect(Catalog.operations.map { $0.name }.filter { !sampled.contains($0) } == [])
        #expect(Set(Catalog.operations.map { $0.name }).count == Catalog.operations.count)
    }

    @Test(arguments: try Sample.all(), [1, 63, 100])
    func runGivesWhatTheDefinitionGives(_ sample: Sample, rows: Int) throws {
        for level in KernelLevel.allCases where level.isAvailable {
            let bench = Bench(sample, rows: rows, seed: 7)
            let expected = bench.define(Double.self)
            let output = try bench.run(Kernels.at(level)).output
            for row in 0..<rows { expectEqual(output[row], expected[row], quantised: isQuantised(sample), "row \(row) at \(level)") }
        }
    }

    private func isQuantised(_ sample: Sample) -> Bool {
        if case .quantised = try? sample.operation.form(of: sample.inputs) { true } else { false }
    }

    /// Equal up to the rounding of float32; of a quantiser, a value just at a tie may come out one step away.
    private func expectEqual(_ run: [Float], _ defined: [Double], quantised: Bool, _ comment: Comment) {
        #expect(run.count == defined.count)
        let size = defined.map(\.magnitude).max() ?? 0, step = size / 127
        var steps = 0
        for (value, expected) in zip(run, defined) {
            let difference = (Double(value) - expected).magnitude
            if difference <= 3e-6 * size + 1e-7 { continue }
            guard quantised, difference < 1.001 * step, run.count > 50 else {
                Issue.record("\(value) is not \(expected), \(comment)")
                return
            }
            steps += 1
        }
        #expect(steps <= 1, comment)
    }

    @Test(arguments: try Sample.all())
    func rowsAtOnceAreRowsOneByOne(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 40, seed: 8)
        let whole = try bench.run()
        var session: Session?, rows: [[Float]] = []
        for row in 0..<40 {
            let one = try bench.run(rows: row..<row + 1, session: session)
            rows += one.output
            session = one.sessions[0]
        }
        #expect(rows == whole.output)
        #expect(session?.states == whole.sessions[0].states)
    }

    @Test(arguments: try Sample.all())
    func sessionsDoNotSeeEachOther(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 40, seed: 9)
        let together = try bench.run(borders: [1, 18])
        let alone = try [0..<1, 1..<18, 18..<40].map { try bench.run(rows: $0) }
        #expect(together.output == alone.flatMap(\.output))
        #expect(together.sessions.map(\.states) == alone.map { $0.sessions[0].states })
    }

    @Test(arguments: try Sample.all())
    func costIsWhatARunOnCountingNumbersCounts(_ sample: Sample) throws {
        let bench = Bench(sample, rows: 3, seed: 10)
        let tally = Counted.Tally()
        _ = Counted.$tally.withValue(tally) { bench.define(Counted.self) }
        tally.cost.stateBytes = (0..<3).reduce(0) { $0 + stateBytes(sample.operation, past: $1) }
        #expect(tally.cost == (0..<3).reduce(Cost()) { $0 + sample.operation.cost(sample.inputs, past: $1) })
    }

    /// What a token reads and writes: all of the floats; the keys and values that it sees, and its own, which it writes.
    private func stateBytes(_ operation: any Operation, past: Int) -> Int {
        switch operation.memory {
        case .nothing: 0
        case .floats(let width): 2 * 4 * width
        case .keysAndValues(let heads, let width):
            (min(past + 1, operation.attributes["window"]?.intValue ?? .max) + 1) * 2 * 4 * heads * width
        }
    }

    @Test(arguments: try Sample.all())
    func attributesAreEverything(_ sample: Sample) throws {
        let type = type(of: sample.operation)
        let again = try type.init(attributes: AttributeReader(sample.operation.attributes))
        #expect(AnyHashable(again) == AnyHashable(sample.operation))
        var more = sample.operation.attributes
        more["surprise"] = 1
        #expect(throws: Failure.self) { try type.init(attributes: AttributeReader(more)) }
        for key in sample.operation.attributes.keys {
            var less = sample.operation.attributes
            less[key] = nil
            // What may be left out is not what it is.
            guard let other = try? type.init(attributes: AttributeReader(less)) else { continue }
            #expect(AnyHashable(other) != AnyHashable(sample.operation), "without \(key)")
        }
    }

    @Test(arguments: try Sample.all())
    func inputsThatDoNotFitAreRefused(_ sample: Sample) {
        let wrong: [[Form]] = [
            sample.inputs + [.floats(3)], Array(sample.inputs.dropLast()) + (sample.inputs.isEmpty ? [.floats(2)] : []),
            sample.inputs.map { form in if case .floats(let width) = form { .quantised(width) } else { .floats(form.width) } },
        ]
        for inputs in wrong where inputs != sample.inputs { #expect(throws: Failure.self) { try sample.operation.form(of: inputs) } }
    }
}
