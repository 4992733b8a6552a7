import Basis
import Catalog
import Learning
import Models
import Support
import Tensors
import TestFiles
import Testing

/// A run that several processes share is the run of one. Here they are threads; `SeveralProcessesTests` has the real ones.
@Suite struct SharingTests {
    static let methods = ["lm", "quiet-star:tokens=3,thoughts=2,ahead=2,policy=10"]
    private static let thinking: JSON = ["method": "quiet-star", "start": 1000, "end": 1001, "scale": 100, "tokens": 3]
    private static let texts: [[Int32]] = [[3, 14, 15, 92, 65, 35, 89], [8], [9, 79, 3], [23, 84, 62, 64], [33, 83]]

    /// All that a process has.
    private struct Member {
        let bench: Workbench
        let method: any LearningMethod

        init(_ text: String) throws {
            bench = try ThinkingBench("\(Programs.package)/Tests/Golden/mmfree-train", SharingTests.thinking, noise: true).bench
            let options = try PluginOptions(parsing: text), type = try Catalog.method(options.name)
            method = try type.init(bench, options.declared(as: type.options))
        }

        /// What parts of a pass give together.
        func learn(_ parts: [Range<Int>]) throws -> (measures: [Double], gradients: [Float]) {
            bench.latents.gradients.update(repeating: 0)
            var sums = Measures([])
            let weight = 1 / Double(Batch.predicted(SharingTests.texts))
            for part in parts { sums.add(try method.learn(from: Batch(part, of: SharingTests.texts, weight: weight, seed: 7))) }
            return (sums.values.map(\.value), Array(bench.latents.gradients))
        }
    }

    @Test(arguments: methods) func `the parts of a pass give together what the whole gives`(_ method: String) throws {
        let member = try Member(method), whole = try member.learn([0..<5])
        for parts in [[0..<2, 2..<5], [0..<1, 1..<2, 2..<4, 4..<5]] {
            let found = try member.learn(parts)
            for (a, b) in zip(found.measures, whole.measures) { #expect(abs(a - b) <= 1e-6 * abs(b), "\(parts): \(a), not \(b)") }
            let error = size(zip(found.gradients, whole.gradients).map { $0 - $1 })
            // Gradients are rounded on their way through ternary products, by the largest of each pass.
            #expect(error < 1e-3 * size(whole.gradients), "\(parts): \(error)")
        }
        #expect(whole.measures.allSatisfy { $0 != 0 })
    }

    private func size(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }

    /// Data of documents that end within windows, and a plan whose batch is no multiple of the processes.
    private func data() throws -> TokenData {
        let scratch = try Scratch(), spool = try TokenSpool(in: scratch.path)
        let numbers: Range<Int32> = 0..<400
        try spool.add(numbers.map { number in number % 37 == 36 ? 0 : 1 + number * number % 90 })
        spool.beginHeldOut()
        try spool.add(numbers.prefix(100).map { number in 1 + number * 7 % 90 })
        try spool.write(to: scratch.file("tokens"))
        return try TokenData(scratch.file("tokens"), separator: 0)
    }

    private var plan: TrainingPlan {
        var plan = TrainingPlan()
        (plan.steps, plan.batch, plan.context, plan.accumulate) = (4, 4, 12, 2)
        // Otherwise the first steps go all the way even where a gradient is nothing but what rounding left.
        plan.optimiser.epsilon = 1e-2
        return plan
    }

    private struct Course {
        var losses: [Double] = []
        var heldOut: Trainer.Evaluation?
        var weights: [Float] = []
    }

    private func course(_ method: String, _ data: TokenData, _ group: any ProcessGroup) throws -> Course {
        let member = try Member(method), trainer = try Trainer(plan, member.method, member.bench, Round.all([plan.steps])[0], data, group)
        var course = Course()
        course.heldOut = try trainer.evaluate(windows: 7, byteCounts: Array(repeating: 3, count: 1000))
        for _ in 0..<plan.steps { course.losses.append(try trainer.step().measures.loss) }
        course.weights = Array(member.bench.latents.values)
        return course
    }

    @Test(arguments: methods, [2, 3, 4]) func `several go the way that one goes`(_ method: String, _ count: Int) throws {
        let data = try data(), alone = try course(method, data, SingleProcess())
        let courses = try ThreadedGroup.run(count) { try course(method, data, $0) }.map { try $0.get() }
        for other in courses.dropFirst() { #expect(other.weights == courses[0].weights && other.losses == courses[0].losses) }
        let losses = courses[0].losses
        #expect(abs(losses[0] - alone.losses[0]) < 1e-6 * alone.losses[0])
        // A token of a thought may be drawn otherwise where it was at the edge.
        for (a, b) in zip(losses, alone.losses) { #expect(abs(a - b) < (method == "lm" ? 1e-6 : 5e-3) * b) }
        let (found, expected) = (try #require(courses[0].heldOut), try #require(alone.heldOut))
        #expect(found.tokens == expected.tokens && found.tokens > 50 && abs(found.loss - expected.loss) < 1e-9)
        #expect(abs((found.bitsPerByte ?? 0) - (expected.bitsPerByte ?? 1)) < 1e-9)
    }

    @Test func `weights that differ are found`() throws {
        let data = try data()
        let facts = ThreadedGroup.run(2) { group in
            let member = try Member("lm"), trainer = try Trainer(plan, member.method, member.bench, Round.all([plan.steps])[0], data, group)
            try trainer.compareWeights()
            if group.rank == 1 { member.bench.latents.values[7] = member.bench.latents.values[7].nextUp }
            return fact { try trainer.compareWeights() }
        }
        #expect(try facts.map { try $0.get() } == ["after step 0 the weights of the processes differ", "ToldByAnother()"])
    }

    @Test func `a batch that is too small to share is refused`() throws {
        let data = try data()
        let failures = ThreadedGroup.run(5) { group in fact { _ = try course("lm", data, group) } }
        #expect(try failures.allSatisfy { try $0.get() == "5 processes cannot share a batch of 4 windows: each needs one at least" })
    }

    @Test func `shares cover everything, and are of about one size`() {
        for (count, things) in [(1, 5), (2, 5), (3, 3), (4, 11), (3, 0)] {
            let shares = ThreadedGroup.run(count) { $0.share(of: things) }.compactMap { try? $0.get() }
            #expect(shares.flatMap { Array($0) } == Array(0..<things))
            let sizes = shares.map(\.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
    }

    @Test func `what fails in one process fails in all, and one of them tells why`() {
        let failures = ThreadedGroup.run(4) { group in
            fact { try group.together { if [1, 3].contains(group.rank) { throw Failure("of \(group.rank)") } } }
        }
        #expect(failures.compactMap { try? $0.get() } == ["ToldByAnother()", "of 1", "ToldByAnother()", "ToldByAnother()"])
    }

    @Test func `the first does something before the others do`() throws {
        let scratch = try Scratch()
        let seen = ThreadedGroup.run(3) { group in
            try group.firstBeforeOthers {
                if group.isFirst { try scratch.write("x", "x") }
                return scratch.contents
            }
        }
        #expect(try seen.allSatisfy { try $0.get() == ["x"] })
    }

    @Test func `anybody may stop all`() throws {
        let stops = ThreadedGroup.run(3) { group in try [group.any(group.rank == 2), group.any(false)] }
        #expect(try stops.allSatisfy { try $0.get() == [true, false] })
    }
}
