import Basis
import Tensors

/// A file format that models come in.
public protocol ModelFormat: Sendable {
    /// The name that the manual uses: `safetensors`.
    static var name: String { get }

    /// Opens the model that a command line names: a path, `-` for standard input, `hf:owner/name`. Nil if this format does not look like
    /// that; a failure if it does and is broken.
    static func open(_ argument: String, _ threads: ThreadPool) throws -> Checkpoint?

    /// The same for a format whose files do not say all: `layout` names how this one is laid out; nil leaves it to be found out.
    static func open(_ argument: String, layout: String?, _ threads: ThreadPool) throws -> Checkpoint?
}

extension ModelFormat {
    public static func open(_ argument: String, layout: String?, _ threads: ThreadPool) throws -> Checkpoint? {
        guard let checkpoint = try open(argument, threads) else { return nil }
        guard layout == nil else { throw Failure("'\(argument)' is no GGUF file: only these can be given a layout") }
        return checkpoint
    }
}
