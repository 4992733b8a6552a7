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
    private let log: TrainingLog
    /// What the checkpoint keeps of the command line.
    private let notes: JSON

    init(_ options: ThinkTrain, _ folder: RunFolder, _ kernels: Kernels, _ threads: ThreadPool) throws {
        (self.options, self.folder) = (options, folder)
        guard options.resume || !folder.hasCheckpoint else {
            throw Failure("'\(folder.path)' holds a run already: go on with --resume, or choose another folder")
        }
        let checkpoint = options.resume && folder.hasCheckpoint ? try TrainingCheckpoint(folder.checkpoint) : nil
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
        trainer = try Trainer(beginning.plan, try Self.method(beginning.plan, bench), bench, data)
        try checkpoint?.restore(trainer)
        log = try TrainingLog(folder.log, keeping: trainer.steps)
        if checkpoint == nil { try save() }
    }

    private static func method(_ plan: TrainingPlan, _ bench: Workbench) throws -> any LearningMethod {
        let options = try PluginOptions(parsing: plan.method), method = try Catalog.method(options.name)
        return try method.init(bench, options.declared(as: method.options))
    }

    func go() throws {
        let progress = Progress("think-train", quiet: options.common.quiet), end = StopSignal()
        progress.begin(at: trainer.steps)
        while trainer.steps < trainer.plan.steps {
            try step(progress)
            if end.wasAskedFor {
                progress.finish()
                try save()
                throw Failure("stopped after step \(trainer.steps) of \(trainer.plan.steps); --resume goes on")
            }
        }
        progress.finish()
        try TrainingCheckpoint.writeModel(trainer.latents, to: folder.model)
    }

    private func step(_ progress: Progress) throws {
        let start = Progress.now, step = try trying { try trainer.step() }, seconds = Progress.now - start
        try log.write(line(step, seconds))
        let rate = Int(Double(step.tokens) / seconds)
        progress.advance(to: step.number, of: trainer.plan.steps, note: "loss \(decimal(step.measures.loss, 3))  \(rate) tokens/s")
        let isLast = step.number == trainer.plan.steps, every = options.reporting.evaluateEvery
        if isLast || every > 0 && step.number % every == 0 { try evaluate(progress) }
        if isLast || step.number % options.reporting.saveEvery == 0 { try save() }
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
        try log.write(.object(line))
        guard !options.common.quiet else { return }
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

    private func save() throws { try TrainingCheckpoint.write(trainer, notes: notes, to: folder.checkpoint) }
}
