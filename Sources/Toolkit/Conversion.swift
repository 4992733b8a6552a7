import Basis
import Catalog
import Models
import Quantising
import Tensors
import Tern

/// A model on its way into a raw container: `quantize`.
public final class Conversion {
    private let model: OpenModel
    private var source: TernarySource
    private var options: JSONObject
    private let wish: Quantisation
    private let quantiser: any Quantiser.Type
    /// The matrices of floats that become planes.
    private let planes: [String: PlaneForm]
    private let kernels: Kernels
    private let threads: ThreadPool
    /// What was read, where that was hashed before anything is written.
    private var hashedInputs: [Manifest.Input]?
    private var folders: [WorkFolder] = []
    public let report = QuantisationReport()

    public init(
        _ argument: String, layout: String? = nil, _ wish: Quantisation = Quantisation(), _ kernels: Kernels, _ threads: ThreadPool
    ) throws {
        (self.wish, self.kernels, self.threads) = (wish, kernels, threads)
        model = try OpenModel(argument, layout: layout, threads: threads)
        let method = try wish.method ?? (model.isTernary ? model.method : Catalog.bestQuantiser)
        quantiser = try Catalog.quantiser(method)
        guard wish.calibration == nil || !(quantiser is ProgramQuantiser.Type) else {
            throw Failure("the method '\(method)' is a program, which sees no data: it takes no calibration text")
        }
        planes = try model.planes(wish, quantiser)
        source = try naming(argument) { [model, planes, quantiser] in
            try TernarySource(
                model.checkpoint.tensors, graph: model.graph, quantiser: quantiser, tables: wish.embedding,
                planes: wish.calibration == nil ? planes : [:], kernels: kernels, threads: threads)
        }
        options = model.isTernary || !planes.isEmpty ? wish.options(method: method, planes.values.first) : JSONObject()
        if let embedding = wish.embedding { options["embedding"] = .string(embedding.name) }
    }

    /// What waits in a temporary folder goes, whatever happened.
    deinit {
        guard let calibration = wish.calibration, calibration.folder == nil else { return }
        for folder in folders { folder.remove() }
    }

    /// Whether matrices of the model are trits, or become that.
    public var isTernary: Bool { model.isTernary || !planes.isEmpty || model.hasPlanes }

    /// Tensors that the model does not need.
    public var unused: [String] { source.unused }

    /// Bytes of the tensors that will be read.
    public var byteCount: Int { model.checkpoint.tensors.entries.reduce(0) { $0 + $1.byteCount } }

    /// Makes the planes that a calibration text is needed for, and turns weights; where neither is asked for it does nothing.
    public func prepare(_ progress: Progress) throws {
        guard !planes.isEmpty, wish.calibration != nil || wish.rotation != .none else { return }
        guard model.checkpoint.tensors.isConcurrent else { throw Failure("a model is calibrated or turned from files, not from a stream") }
        hashedInputs = try hashed()
        let tensors = try naming(model.argument) { try wish.calibration.map { try calibrated($0, progress) } ?? turned() }
        source = try TernarySource(
            tensors, graph: model.graph, quantiser: quantiser, tables: wish.embedding,
            planes: wish.calibration == nil ? planes : [:], kernels: kernels, threads: threads)
    }

    /// The checkpoint with turned weights.
    private func turned() throws -> any TensorSource {
        guard let rotation = Rotation(of: model.graph) else { throw Failure("no weights can be turned: \(Rotation.refusal)") }
        return try RotatedSource(model.checkpoint.tensors, rotation, matrices: Set(planes.keys), kernels, threads)
    }

    /// The checkpoint with planes that errors are made up for in.
    private func calibrated(_ calibration: Calibration, _ progress: Progress) throws -> any TensorSource {
        let text = try CalibrationText(
            calibration.text, windows: calibration.windows, context: calibration.context,
            holdsOut: wish.budget != nil || wish.rotation == .auto, model)
        for member in calibration.options(text).members { options[member.key] = member.value }
        report.remarks = ["calibration": .string(text.digest), "calibration_tokens": .integer(text.tokenCount)]
        var forms = planes
        if let bits = wish.budget { forms = try budgeted(bits, text, calibration, progress) }
        let run = CalibratedRun(
            graph: model.graph, quantiser: quantiser, forms: forms, text: text, calibration: calibration, identity: try identity(text),
            kernels: kernels, threads: threads)
        let canTurn = Rotation(of: model.graph) != nil
        let result = try run.planes(of: model.checkpoint.tensors, rotation: wish.rotation, turned, canTurn: canTurn, progress)
        for matrix in result.matrices { try report.note(matrix) }
        folders = result.folders
        if let chosen = result.remark { report.remarks["rotation"] = chosen }
        progress.finish()
        return result.tensors
    }

    private func budgeted(
        _ bits: Double, _ text: CalibrationText, _ calibration: Calibration, _ progress: Progress
    ) throws -> [String: PlaneForm] {
        let plan = CalibrationPlan(
            model.graph, model.checkpoint.tensors, quantiser, forms: planes, texts: text.learnt, calibration.compensation)
        let budget = try PlaneBudget(plan, candidates: wish.candidates(quantiser), texts: text.judged, kernels, threads)
        let forms = try budget.forms(bits: bits) { done, all in
            progress.advance(to: done, of: all, note: "planes of each matrix")
        }
        for (name, form) in forms.sorted(by: { $0.key < $1.key }) { options["planes of \(name)"] = .integer(form.count) }
        return forms
    }

    /// Reads everything once, for the digests that tell what the run is of.
    private func hashed() throws -> [Manifest.Input]? {
        guard let hashed = model.checkpoint.tensors as? any HashedInputs else { return nil }
        try hashed.startHashing()
        let buffer = TensorBuffer()
        for index in hashed.entries.indices { try buffer.withBytes(of: hashed, index) { _ in } }
        return zip(hashed.inputs, try hashed.digests() ?? []).map { Manifest.Input(name: $0.name, bytes: $0.byteCount, digest: .known($1)) }
    }

    /// What two runs have in common that make the same planes.
    private func identity(_ text: CalibrationText) throws -> String {
        let inputs = (hashedInputs ?? inputs(nil)).map { input -> JSON in
            if case .known(let digest) = input.digest { .string(digest.hex) } else { .string(input.name) }
        }
        let json: JSON = [
            "options": .object(options), "inputs": .array(inputs), "version": .string(ternVersion), "graph": model.graph.json,
            "tokens": .string(try text.tokenDigest),
        ]
        return try SHA256.digest(of: Array(json.compact.utf8)).hex
    }

    /// Writes the container and closes the sink; says what became of the model's size. With `reports` the report is filled in.
    public func write(to sink: any ByteSink, reports: Bool, _ progress: Progress) throws -> SizeSummary {
        let hashed = hashedInputs == nil ? model.checkpoint.tensors as? any HashedInputs : nil
        let manifest = try manifest(hashed)
        let counting = CountingSink(sink)
        let writer = try TernWriter(manifest, files: model.checkpoint.files, to: counting)
        if reports {
            source.report = { [report] in try report.note($0, $1, $2, $3) }
            source.reportPlanes = { [report] in try report.note($0) }
        }
        try hashed?.startHashing()
        source.readsUnused = hashed != nil
        try writeTensors(writer, progress)
        try writer.finish(inputs: hashed?.digests() ?? [])
        try counting.close()
        for folder in folders { folder.remove() }
        return summary(manifest, byteCount: counting.count)
    }

    private func writeTensors(_ writer: TernWriter, _ progress: Progress) throws {
        var done = 0
        let buffer = TensorBuffer()
        for index in source.entries.indices {
            try naming(model.argument) { try buffer.withBytes(of: source, index) { try writer.write($0) } }
            progress.advance(by: source.originBytes(through: index) - done)
            done = source.originBytes(through: index)
        }
        try source.finish()
        progress.finish()
    }

    private func summary(_ manifest: Manifest, byteCount: Int) -> SizeSummary {
        SizeSummary(weights: manifest.weightCount, before: self.byteCount, after: byteCount)
    }
}

// What the container says of itself.
extension Conversion {
    private func manifest(_ hashed: (any HashedInputs)?) throws -> Manifest {
        let earlier = try model.checkpoint.manifest.map { try Manifest($0) }
        let step = Manifest.Step(
            tool: "quantize", version: ternVersion, options: options, inputs: inputs(hashed))
        return Manifest(
            name: earlier?.name ?? modelName, family: try earlier?.family ?? familyName(), licence: model.checkpoint.licence,
            graph: model.graph.json, tensors: tensors, history: (earlier?.history ?? []) + [step], other: earlier?.other ?? JSONObject())
    }

    private var modelName: String {
        model.argument == "-" ? "standard input" : model.argument.split(separator: "/").last.map(String.init) ?? "model"
    }

    private func familyName() throws -> String { try model.checkpoint.configuration()["model_type"]?.stringValue ?? "unknown" }

    private func inputs(_ hashed: (any HashedInputs)?) -> [Manifest.Input] {
        if let hashedInputs { return hashedInputs }
        if let hashed { return hashed.inputs.map { Manifest.Input(name: $0.name, bytes: $0.byteCount, digest: .pending) } }
        guard let digest = model.checkpoint.digest.flatMap({ Digest(hex: $0) }) else { return [] }
        return [Manifest.Input(name: modelName, bytes: byteCount, digest: .known(digest))]
    }

    /// The tensors as the graph knows them: a matrix of trits, or a table of integers, is one; its scales go with it.
    private var tensors: [Manifest.Tensor] {
        let weights = Dictionary(model.graph.weights.map { ($0.name, $0) }) { first, _ in first }
        let shapes = Dictionary(source.entries.map { ($0.name, $0.shape) }) { first, _ in first }
        let coded = source.entries.filter { $0.element == .uint8 }.compactMap { weights[$0.name] }
        let others = Set(coded.flatMap { [$0.scaleName, $0.shiftName] })
        return source.entries.filter { !others.contains($0.name) }.map { entry in
            guard entry.element == .uint8, let weight = weights[entry.name] else {
                return Manifest.Tensor(name: entry.name, encoding: .dense(entry.element), shape: entry.shape)
            }
            return Manifest.Tensor(name: entry.name, encoding: Encoding(of: weight, in: shapes), shape: weight.shape)
        }
    }
}
