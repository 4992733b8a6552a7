import Basis
import Catalog
import Glibc
import Learning
import Models
import Tensors
import Tokens
import Toolkit

/// The model that is trained, without its weights: what its small files say.
struct Subject {
    let files: [SmallFile]
    let configuration: JSON
    let family: any ModelFamily.Type
    let graph: Graph
    let tokenizer: Tokenizer?

    init(_ files: [SmallFile]) throws {
        self.files = files
        guard let bytes = files.first(where: { $0.name == "config.json" })?.bytes else { throw Failure("the model has no config.json") }
        let configuration = try naming("config.json") { try JSON(parsing: bytes) }
        self.configuration = configuration
        guard let family = Catalog.anyFamily(of: configuration) else {
            let type = configuration["model_type"]?.stringValue ?? "none"
            throw Failure("models of the type '\(type)' cannot be trained: no plugin makes their graph")
        }
        (self.family, graph) = (family, try Catalog.graph(family, configuration))
        tokenizer = try Self.tokenizer(files)
    }

    /// The same model with what a method gives it.
    func taught(by text: String) throws -> Subject {
        let options = try PluginOptions(parsing: text), method = try Catalog.method(options.name)
        let plain = try Catalog.plainGraph(family, configuration)
        let subject = MethodSubject(graph: plain, configuration: configuration, tokenizer: tokenizer)
        guard let thinking = try method.thinking(options.declared(as: method.options), subject) else { return self }
        var changed = configuration.objectValue ?? JSONObject()
        changed["thinking"] = thinking
        let bytes = Array((JSON.object(changed).pretty + "\n").utf8)
        return try Subject(files.map { $0.name == "config.json" ? SmallFile(name: $0.name, bytes: bytes) : $0 })
    }

    static func tokenizer(_ files: [SmallFile]) throws -> Tokenizer? {
        guard let json = files.first(where: { $0.name == "tokenizer.json" })?.bytes else { return nil }
        let configuration = files.first { $0.name == "tokenizer_config.json" }?.bytes
        return try naming("tokenizer.json") { try Tokenizer(json: json, configuration: configuration) }
    }

    /// The token that ends a document.
    var separator: Int32? { documentEnd(files, tokenizer, vocabulary: graph.outputWidth) }

    /// How many bytes of text each token stands for.
    var byteCounts: [Int]? { tokenizer?.byteCounts(graph.outputWidth) }
}

/// A model that begins: its configuration follows from what `--new` says and from its tokenizer.
struct NewSubject {
    private let options: PluginOptions
    private let begin: (_ options: PluginOptions, _ vocabulary: Int) throws -> JSONObject

    /// What every family can be told.
    private static let vocabulary = PluginOption("vocabulary", "4096", "tokens of the tokenizer that is learnt from the data")
    private static let floats = PluginOption("float", "false", "whether matrices stay floats, for comparison")

    init(_ text: String) throws {
        let options = try PluginOptions(parsing: text), common = [Self.vocabulary, Self.floats]
        if let family = Catalog.families.first(where: { $0.name == options.name && !$0.newOptions.isEmpty }) {
            self.options = try options.declared(as: family.newOptions + common)
            begin = { try family.configuration(new: $0, vocabulary: $1).objectValue ?? JSONObject() }
        } else if let program = ProgramBeginning(options.name) {
            self.options = options.declared(with: common)
            begin = { try program.configuration($0.pairs(besides: common), vocabulary: $1) }
        } else {
            let known = Catalog.families.filter { !$0.newOptions.isEmpty }.map { $0.name }.sorted().joined(separator: ", ")
            throw Failure("there is no family '\(options.name)' to begin a model of; known: \(known)")
        }
    }

    /// The small files of the model, with those of a tokenizer; one is learnt from `corpora` where none is given.
    func files(_ given: [SmallFile], _ corpora: [Corpus]) throws -> [SmallFile] {
        let size = try options.integer(Self.vocabulary.key, in: 1...Configuration.sizeLimit)
        let tokenizerFiles = try given.isEmpty ? TokenizerTraining.files(vocabulary: size, from: corpora) : given
        let tokenizer = try Subject.tokenizer(tokenizerFiles), vocabulary = tokenizer?.vocabularySize ?? size
        var configuration = try begin(options, vocabulary)
        configuration["torch_dtype"] = "float32"
        if try options.flag(Self.floats.key) { configuration[Catalog.floatMatrices] = true }
        configuration["bos_token_id"] = tokenizer?.beginOfText.map { .integer(Int($0)) } ?? .null
        configuration["eos_token_id"] = tokenizer?.endOfText.map { .integer(Int($0)) } ?? .null
        return [SmallFile(name: "config.json", bytes: Array((JSON.object(configuration).pretty + "\n").utf8))] + tokenizerFiles
    }
}
