import Basis
import Catalog
import Glibc
import Learning
import Models
import Tensors
import Tokens
import Toolkit

/// What a run begins with: from a command line, or from what its folder kept of one.
struct Beginning {
    let plan: TrainingPlan
    let subject: Subject
    let notes: JSON
    private let model: OpenModel?

    /// Begins a run: writes the model's small files and the data's tokens to its folder.
    init(_ options: ThinkTrain, _ folder: RunFolder, _ threads: ThreadPool) throws {
        guard options.model != nil || options.new != nil, !options.data.isEmpty else {
            throw Failure("'\(folder.path)' holds no checkpoint yet, and no model or no data is given to begin with")
        }
        plan = options.plan.applied(to: TrainingPlan())
        let corpora = try options.data.map { [plan] in try Corpus($0, heldOut: plan.heldOut) }
        model = try options.model.map { try OpenModel($0, layout: options.form.layout, threads: threads) }
        let files = try model?.checkpoint.files ?? NewSubject(options.new ?? "").files(Self.tokenizerFiles(options), corpora)
        subject = try Subject(files).taught(by: plan.method)
        try folder.write(subject.files)
        var notes: JSONObject = ["files": .array(subject.files.map { .string($0.name) })]
        if try Catalog.method(PluginOptions(parsing: plan.method).name) is any Bootstrapping.Type {
            notes["questions"] = try QuestionFiles.write(corpora, of: subject, to: folder)
        } else {
            notes["digest"] = .string(try Self.writeTokens(corpora, of: subject, to: folder))
        }
        self.notes = .object(Self.given(options, notes))
    }

    /// Writes the data's tokens; returns their digest.
    private static func writeTokens(_ corpora: [Corpus], of subject: Subject, to folder: RunFolder) throws -> String {
        let spool = try TokenSpool(in: folder.path)
        try Tokenisation(subject.tokenizer, separator: subject.separator, vocabulary: subject.graph.outputWidth).run(corpora, into: spool)
        try spool.write(to: folder.tokens)
        return try TokenData(folder.tokens, separator: nil).digest()
    }

    /// Goes on with a run; what is given anew has to be what it began with.
    init(of checkpoint: TrainingCheckpoint, in folder: RunFolder, _ options: ThinkTrain) throws {
        (plan, notes, model) = (checkpoint.plan, checkpoint.notes, nil)
        let names = notes["files"]?.arrayValue?.compactMap(\.stringValue) ?? []
        subject = try Subject(folder.files(names))
        let anew = options.plan.applied(to: plan).json, before = plan.json
        for key in before.objectValue?.keys ?? [] where anew[key] != before[key] { throw Self.difference(key, before[key], anew[key]) }
        for member in Self.given(options, [:]).members where notes[member.key] != member.value {
            throw Self.difference(member.key, notes[member.key], member.value)
        }
    }

    private static func difference(_ key: String, _ before: JSON?, _ now: JSON?) -> Failure {
        let option = key.replacing("_", with: "-")
        return Failure("the run began with \(before?.compact ?? "no value") as \(option), not with \(now?.compact ?? "none")")
    }

    /// What the command line names, where it does.
    private static func given(_ options: ThinkTrain, _ notes: JSONObject) -> JSONObject {
        var notes = notes
        if let model = options.model { notes["model"] = .string(model) }
        if let new = options.new { notes["new"] = .string(new) }
        if let tokenizer = options.tokenizer { notes["tokenizer"] = .string(tokenizer) }
        if !options.data.isEmpty { notes["data"] = .array(options.data.map { .string($0) }) }
        return notes
    }

    /// The tokenizer that was given, and what lies beside it.
    private static func tokenizerFiles(_ options: ThinkTrain) throws -> [SmallFile] {
        guard let path = options.tokenizer else { return [] }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var files = [SmallFile(name: "tokenizer.json", bytes: try MappedFile.contents(path))]
        for name in ["tokenizer_config.json", "special_tokens_map.json"] where access(folder + name, F_OK) == 0 {
            files.append(SmallFile(name: name, bytes: try MappedFile.contents(folder + name)))
        }
        return files
    }

    /// Gives the weights that training begins with: the model's, or those of its family; then what the method adds to these.
    func fill(_ latents: Latents, _ kernels: Kernels) throws {
        let method = try Catalog.method(PluginOptions(parsing: plan.method).name), thinking = subject.configuration["thinking"] ?? .null
        func added(_ weight: Weight) throws -> InitialValues { try method.initialValues(of: weight, latents, thinking: thinking) }
        if let model {
            return try naming(model.argument) {
                try latents.load(from: model.checkpoint.tensors, kernels: kernels, seed: plan.seed, missing: added)
            }
        }
        let own = Set(try Catalog.plainGraph(subject.family, subject.configuration).weights.map(\.source))
        try latents.fill(seed: plan.seed) { weight in
            own.contains(weight.source) ? try subject.family.initialValues(of: weight, in: subject.configuration) : nil
        }
        try latents.fill(seed: plan.seed) { own.contains($0.source) ? nil : try added($0) }
    }
}
