import Basis
import Models
import Tensors

/// Folders as Hugging Face lays them out, by their path or, in the local cache, as `hf:owner/name`.
public struct HuggingFaceFormat: ModelFormat {
    public static let name = "huggingface"

    public static func open(_ argument: String, _ threads: ThreadPool) throws -> Checkpoint? {
        guard let path = try path(argument) else { return nil }
        let folder = try HuggingFaceFolder(path)
        let tensors = try naming(path) { try tensorSource(folder, threads) }
        return Checkpoint(files: folder.files, tensors: tensors, licence: folder.licence)
    }

    /// What the graph's weights are read from.
    private static func tensorSource(_ folder: HuggingFaceFolder, _ threads: ThreadPool) throws -> any TensorSource {
        guard let rule = try PackingRule(folder.config) else { return folder }
        return try TernaryFolder(folder, rule, threads)
    }

    private static func path(_ argument: String) throws -> String? {
        if argument.hasPrefix(HuggingFaceCache.prefix) { return try HuggingFaceCache.folder(argument) }
        return isFolder(argument) ? argument : nil
    }
}
