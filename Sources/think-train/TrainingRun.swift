import Basis
import Catalog
import Glibc
import Learning
import LinearAlgebra
import Models
import Tensors
import Toolkit

/// What `think-train` does: a run from its beginning, or from its last checkpoint, to its end.
struct TrainingRun {
    private let options: ThinkTrain
    private let folder: RunFolder
    private let subject: Subject
    private let trainer: Trainer
    private let group: any ProcessGroup
    /// Of the first process.
    private let log: TrainingLog?
    /// What the checkpoint keeps of the command line.
    private let notes: JSON

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
        let subject = beginning.subject, latents = try Latents(subject.graph.weights)
        (self.subject, notes) = (subject, beginning.notes)
        if checkpoint == nil { try beginning.fill(latents, kernels) }
        let bench = Workbench(
            graph: subject.graph, configuration: subject.configuration, latents: latents,
            quantiser: try Catalog.quantiser(of: subject.family), products: OpenBLASProducts(threads: threads),
            kernels: kernels, threads: threads, memoryLimit: options.memory.bytes)
        let data = try TokenData(folder.tokens, separator: subject.separator)
        guard try data.digest() == beginning.notes["digest"]?.stringValue else {
            throw Failure("'\(folder.tokens)' is not what the run began with")
        }
        trainer = try Trainer(beginning.plan, try Self.method(beginning.plan, bench), bench, data, group)
        try checkpoint?.restore(trainer)
        log = try group.isFirst ? TrainingLog(folder.log, keeping: trainer.steps) : nil
        if checkpoint == nil { try save() }
    }

    private static func method(_ plan: TrainingPlan, _ bench: Workbench) throws -> any LearningMethod {
        let options = try PluginOptions(parsing: plan.method), method = try Catalog.method(options.name)
        return try method.init(bench, options.declared(as: method.options))
    }

    func go() throws {
        let progress = Progress("think-train", quiet: isQuiet)
        StopSignal.expect(alone: group.count == 1)
        progress.begin(at: trainer.steps)
        // What the first process has logged, as far as this one knows.
        var logged = trainer.steps
        do {
            while trainer.steps < trainer.plan.steps {
                try step(progress)
                logged = trainer.steps
                if try group.any(StopSignal.wasGiven) { try stop(progress) }
            }
            progress.finish()
            try group.together { if group.isFirst { try TrainingCheckpoint.writeModel(trainer.latents, to: folder.model) } }
        } catch is LostProcess { try leave(progress, logged: logged) }
    }

    /// Others say nothing but why they fail.
    private var isQuiet: Bool { options.common.quiet || !group.isFirst }

    private func stop(_ progress: Progress) throws {
        try group.together {
            progress.finish()
            try save()
            throw Failure("stopped after step \(trainer.steps) of \(trainer.plan.steps); --resume goes on")
        }
    }

    /// Ends the run without the others. The weights are those after the last step, for nothing changes them before all have done their part
    /// of the next. Two processes write them, either of which may be the one that is lost; the second only where the log has that step.
    private func leave(_ progress: Progress, logged: Int) throws {
        progress.finish()
        guard group.isFirst || group.rank == 1 && trainer.steps == logged else { throw ToldByAnother() }
        try write()
        guard group.isFirst else { throw ToldByAnother() }
        throw Failure("another process was lost after step \(trainer.steps) of \(trainer.plan.steps); --resume goes on")
    }

    private func step(_ progress: Progress) throws {
        let start = Progress.now, step = try trying { try trainer.step() }, seconds = Progress.now - start
        let isLast = step.number == trainer.plan.steps, every = options.reporting.evaluateEvery
        try group.together { try log?.write(line(step, seconds)) }
        let rate = Int(Double(step.tokens) / seconds)
        progress.advance(to: step.number, of: trainer.plan.steps, note: "loss \(decimal(step.measures.loss, 3))  \(rate) tokens/s")
        if isLast || every > 0 && step.number % every == 0 { try evaluate(progress) }
        if isLast || step.number % options.reporting.saveEvery == 0 {
            try trainer.compareWeights()
            try group.together { try save() }
        }
    }

    /// A failed step is told with what is left.
    private func trying(_ step: () throws -> Trainer.Step) throws -> Trainer.Step {
        do { return try step() } catch let failure as Failure {
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

    private func write() throws { try TrainingCheckpoint.write(trainer, notes: notes, to: folder.checkpoint) }
}
