import Tensors

/// A file format that models come in.
public protocol ModelFormat: Sendable {
    /// The name that the manual uses: `safetensors`.
    static var name: String { get }

    /// Opens the model that a command line names: a path, `-` for standard input, `hf:owner/name`. Nil if this format does not look like
    /// that; a failure if it does and is broken.
    static func open(_ argument: String, _ threads: ThreadPool) throws -> Checkpoint?
}
