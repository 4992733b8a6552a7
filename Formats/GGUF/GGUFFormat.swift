import Basis
import Glibc
import Models
import Tensors

/// GGUF files, whole or split, of the architectures that ternary models have: as if they were folders of Hugging Face, with trits.
public struct GGUFFormat: ModelFormat {
    public static let name = "gguf"

    public static func open(_ argument: String, _ threads: ThreadPool) throws -> Checkpoint? { try open(argument, layout: nil, threads) }

    public static func open(_ argument: String, layout: String?, _ threads: ThreadPool) throws -> Checkpoint? {
        guard isGGUF(argument) else { return nil }
        let model = try GGUFParts(argument)
        return try naming(argument) { try checkpoint(model, layout: layout) }
    }

    /// Whether it is a regular file that begins as such files do. Looking into anything else would take its first bytes.
    private static func isGGUF(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = try? Descriptor(reading: path) else { return false }
        var magic = [UInt8](repeating: 0, count: GGUFFile.magic.count)
        guard (try? magic.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }) != nil else { return false }
        return magic == GGUFFile.magic
    }

    private static func checkpoint(_ model: GGUFParts, layout: String?) throws -> Checkpoint {
        let architecture = try Architecture(model)
        let types = try LayoutChoice(model, architecture, layout: layout).types()
        let tensors = try GGUFTensors(model, architecture, types)
        let special = try SpecialTokens(model.metadata)
        let configuration = try architecture.configuration(tensors, special)
        let files = [file("config.json", configuration), file("generation_config.json", special.json)]
        let licence = try model.metadata.text("general.license")
        do {
            return Checkpoint(files: files + (try tokenizerFiles(model.metadata, special)), tensors: tensors, licence: licence)
        } catch let failure as Failure {
            // Prompts of tokens need none.
            return Checkpoint(files: files, tensors: tensors, licence: licence, refusals: ["tokenizer.json": failure])
        }
    }

    /// tokenizer.json and tokenizer_config.json: as the file carries them, or made of its lists.
    private static func tokenizerFiles(_ metadata: Metadata, _ special: SpecialTokens) throws -> [SmallFile] {
        let made = try TokenizerFile(metadata, special)
        let configuration = file("tokenizer_config.json", try made.configuration())
        if let whole = try metadata.text("tokenizer.huggingface.json") {
            return [SmallFile(name: "tokenizer.json", bytes: Array(whole.utf8)), configuration]
        }
        return [SmallFile(name: "tokenizer.json", bytes: Array(try made.json().compact.utf8)), configuration]
    }

    private static func file(_ name: String, _ json: JSON) -> SmallFile { SmallFile(name: name, bytes: Array(json.pretty.utf8)) }
}
