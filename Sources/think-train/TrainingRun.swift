import Basis
import Catalog
import Glibc
import Learning
import LinearAlgebra
import Models
import Tensors
import Toolkit

/// What `think-train` does: a run from its beginning, or from its last checkpoint, to its end.
final class TrainingRun {
    private let options: ThinkTrain
    private let folder: RunFolder
    private let subject: Subject
    private let trainer: Trainer
    private let group: any ProcessGroup
    /// Of the first process.
    private let log: TrainingLog?
    private let rounds: [Round]
    /// Where each round's data comes from, if it is not there from the beginning.
    private let bootstrap: Bootstrap?
    /// What the checkpoint keeps of the command line and of the data.
    private var notes: JSONObject

    /// The first process begins the run or goes on with it; the others then go on with its checkpoint.
    init(
        _ options: ThinkTrain, _ folder: RunFolder, _ kernels: Kernels, _ threads: ThreadPool, _ group: any ProcessGroup
    ) throws {
        (self.options, self.folder, self.group) = (options, folder, group)
        let resumes = options.resume || !group.isFirst
        guard resumes || !folder.hasCheckpoint else {
            throw Failure("'\(folder.path)' holds a run already: go on with --resume, or choose another folder")
        }
        let checkpoint = resumes && folder.hasCheckpoint ? try TrainingCheckpoint(folder.checkpoint) : nil
        let beginning = try checkpoint.map { try Beginning(of: $0, in: folder, options) } ?? Beginning(options, folder, threads)
        let subject = beginning.subject
        try Self.check(beginning.plan, subject)
        let latents = try Latents(subject.graph.weights)
        (self.subject, notes) = (subject, beginning.notes.objectValue ?? [:])
        if checkpoint == nil { try beginning.fill(latents, kernels) }
        let bench = try Self.bench(subject, latents, options, kernels, threads)
        let (method, steps) = try Self.method(beginning.plan, bench)
        rounds = Round.all(steps)
        bootstrap = try (method as? any Bootstrapping).map {
            try Bootstrap($0, beginning, folder, quiet: options.common.quiet || !group.isFirst)
        }
        if checkpoint == nil, let bootstrap { notes["base"] = .string(try bootstrap.keepBase(latents)) }
        let first = checkpoint == nil ? try bootstrap?.write(rounds[0], to: &notes) {} : nil
        let round = try Self.round(of: checkpoint, rounds), data = try Self.data(round, notes, folder, subject)
        trainer = try Trainer(beginning.plan, method, bench, round, data, group)
        try checkpoint?.restore(trainer)
        log = try group.isFirst ? TrainingLog(folder.log, keeping: checkpoint?.steps, in: round.number) : nil
        if let first { try log?.write(.object(first)) }
        if checkpoint == nil { try save() }
    }

    private static func bench(
        _ subject: Subject, _ latents: Latents, _ options: ThinkTrain, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> Workbench {
        Workbench(
            graph: subject.graph, configuration: subject.configuration, tokenizer: subject.tokenizer, separator: subject.separator,
            latents: latents, quantiser: try Catalog.quantiser(of: subject.family, subject.configuration),
            products: OpenBLASProducts(threads: threads),
            kernels: kernels, threads: threads, memoryLimit: options.memory.bytes)
    }

    /// Refuses what this machine or the model has no room for.
    private static func check(_ plan: TrainingPlan, _ subject: Subject) throws {
        try ContextLimit(subject.graph, subject.configuration).check(plan.context)
        let memory = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
        let need = 16 * subject.graph.weights.reduce(0.0) { $0 + Double($1.count) }
        guard need <= memory else {
            let (need, memory) = (decimal(need / 1e9, 1), decimal(memory / 1e9, 1))
            throw Failure("training takes \(need) GB for the weights alone, more than the \(memory) GB of memory")
        }
    }

    /// The method, and how many steps each of its rounds has.
    private static func method(_ plan: TrainingPlan, _ bench: Workbench) throws -> (any LearningMethod, [Int]) {
        let named = try PluginOptions(parsing: plan.method), method = try Catalog.method(named.name)
        let options = try named.declared(as: method.options)
        let steps = try (method as? any Bootstrapping.Type)?.rounds(options, steps: plan.steps)
        return (try method.init(bench, options), steps ?? [plan.steps])
    }

    /// The round that a checkpoint is in.
    private static func round(of checkpoint: TrainingCheckpoint?, _ rounds: [Round]) throws -> Round {
        guard let checkpoint else { return rounds[0] }
        let number = checkpoint.notes["round"]?.intValue ?? 1
        guard let round = rounds.first(where: { $0.number == number }), (round.start...round.end).contains(checkpoint.steps) else {
            throw Failure("the checkpoint has taken \(checkpoint.steps) steps, which is none of round \(number)")
        }
        return round
    }

    /// What a round learns from, which has to be what it began with.
    private static func data(_ round: Round, _ notes: JSONObject, _ folder: RunFolder, _ subject: Subject) throws -> TokenData {
        let path = notes["round"] == nil ? folder.tokens : folder.tokens(round.number)
        let data = try TokenData(path, separator: subject.separator)
        guard try data.digest() == notes["digest"]?.stringValue else { throw Failure("'\(path)' is not what the run began with") }
        return data
    }

    func go() throws {
        let progress = Progress("think-train", quiet: isQuiet)
        StopSignal.expect(alone: group.count == 1)
        progress.begin(at: trainer.steps)
        // What the first process has logged, as far as this one knows.
        var logged = trainer.steps
        do {
            while trainer.steps < total {
                if trainer.steps == trainer.round.end { try trying { try beginRound(progress) } }
                try step(progress)
                logged = trainer.steps
                if try group.any(StopSignal.wasGiven) { try stop(progress) }
            }
            progress.finish()
            try group.together { if group.isFirst { try finish() } }
        } catch is LostProcess { try leave(progress, logged: logged) }
    }

    private func finish() throws {
        try TrainingCheckpoint.writeModel(trainer.latents, to: folder.model)
        folder.release()
    }

    /// Others say nothing but why they fail.
    private var isQuiet: Bool { options.common.quiet || !group.isFirst }

    private func stop(_ progress: Progress) throws {
        try group.together {
            progress.finish()
            try save()
            throw stopped
        }
    }

    /// Ends the run without the others. The weights are those after the last step, for nothing changes them before all have done their part
    /// of the next. Two processes write them, either of which may be the one that is lost; the second only where the log has that step.
    private func leave(_ progress: Progress, logged: Int) throws {
        progress.finish()
        let hasLine = trainer.steps == logged || TrainingLog.lastStep(of: folder.log) == trainer.steps
        guard group.isFirst || group.rank == 1 && hasLine else { throw ToldByAnother() }
        guard trainer.optimiser.areFinite(trainer.latents) else { throw Failure("another process was lost, and the weights with it") }
        try write()
        guard group.isFirst else { throw ToldByAnother() }
        throw Failure("another process was lost after step \(trainer.steps) of \(total); --resume goes on")
    }

    /// Steps of all rounds.
    private var total: Int { rounds[rounds.count - 1].end }

    private var stopped: Failure { Failure("stopped after step \(trainer.steps) of \(total); --resume goes on") }

    /// Goes on to the next round: with data that the model makes as it is now, from the base model on.
    private func beginRound(_ progress: Progress) throws {
        guard let bootstrap else { return }
        progress.finish()
        let round = rounds[trainer.round.number]
        let line = try group.firstBeforeOthers { try group.isFirst ? ask(bootstrap, round) : bootstrap.join(round, &notes) }
        try group.together {
            try trainer.begin(round, Self.data(round, notes, folder, subject))
            try bootstrap.takeBase(trainer.latents, digest: notes["base"]?.stringValue)
            try log?.write(.object(line))
            try save()
        }
    }

    private func ask(_ bootstrap: Bootstrap, _ round: Round) throws -> JSONObject {
        try bootstrap.write(round, to: &notes) { if StopSignal.wasGiven { throw self.stopped } }
    }

    /// How many questions that are held out the model answers in the end.
    private func evaluateAnswers() throws {
        guard group.isFirst, let line = try bootstrap?.evaluate(after: total) else { return }
        try log?.write(.object(line))
    }

    private func step(_ progress: Progress) throws {
        let start = Progress.now, step = try trying { try trainer.step() }, seconds = Progress.now - start
        let isLast = step.number == trainer.round.end, every = options.reporting.evaluateEvery
        try group.together { try log?.write(line(step, seconds)) }
        let rate = Int(Double(step.tokens) / seconds)
        progress.advance(to: step.number, of: total, note: "loss \(decimal(step.measures.loss, 3))  \(rate) tokens/s")
        if isLast || every > 0 && step.number % every == 0 { try evaluate(progress) }
        if step.number == total { try group.together { try evaluateAnswers() } }
        if isLast || step.number % options.reporting.saveEvery == 0 {
            try trainer.compareWeights()
            try group.together { try save() }
        }
    }

    /// A failed step is told with what is left.
    private func trying<Result>(_ step: () throws -> Result) throws -> Result {
        do { return try step() } catch let failure as Failure {
            guard !StopSignal.wasGiven else { throw failure }
            throw Failure("\(failure); the last checkpoint is in '\(folder.path)'")
        }
    }

    private func evaluate(_ progress: Progress) throws {
        guard let result = try trainer.evaluate(windows: options.reporting.evaluateWindows, byteCounts: subject.byteCounts) else { return }
        var line: JSONObject = [
            "step": .integer(trainer.steps), "held_out_loss": .number(result.loss), "held_out_tokens": .integer(result.tokens),
        ]
        if let bits = result.bitsPerByte { line["held_out_bits_per_byte"] = .number(bits) }
        try group.together { try log?.write(.object(line)) }
        guard !isQuiet else { return }
        progress.finish()
        let bits = result.bitsPerByte.map { ", \(decimal($0, 4)) bits per byte" } ?? ""
        ThinkTrain.complain("step \(trainer.steps): held-out loss \(decimal(result.loss, 4)) nats a token\(bits)")
    }

    private func line(_ step: Trainer.Step, _ seconds: Double) -> JSON {
        var line: JSONObject = ["step": .integer(step.number)]
        for (name, value) in step.measures.values { line[name] = .number(value) }
        line["gradient_norm"] = .number(step.gradientNorm)
        line["rate"] = .number(step.rate)
        line["tokens"] = .integer(step.tokens)
        line["seconds"] = .number((seconds * 1000).rounded() / 1000)
        return .object(line)
    }

    private func save() throws {
        if group.isFirst { try write() }
    }

    private func write() throws { try TrainingCheckpoint.write(trainer, notes: .object(notes), to: folder.checkpoint) }
}
