import Basis
import Glibc

/// The folder of a run: the model's small files, the data as tokens, the last checkpoint, the log, and in the end the model. Where the
/// model writes its texts itself, also the questions, the base model, and what each round learns from.
final class RunFolder {
    let path: String
    private let isNew: Bool
    private var written: [String]

    var checkpoint: String { "\(path)/checkpoint.safetensors" }
    var tokens: String { "\(path)/tokens.safetensors" }
    var log: String { "\(path)/log.jsonl" }
    var base: String { "\(path)/base.safetensors" }
    func tokens(_ round: Int) -> String { "\(path)/tokens-\(round).safetensors" }
    func rationales(_ round: Int) -> String { "\(path)/rationales-\(round).jsonl" }
    var model: String { "\(path)/model.safetensors" }

    /// Makes the folder where there is none, in the process that is the first to come to it.
    init(_ path: String, isFirst: Bool) throws {
        self.path = path
        isNew = isFirst && mkdir(path, 0o777) == 0
        guard isNew || !isFirst || errno == EEXIST else { throw Failure.system("create", path, errno) }
        written = []
        guard isFirst || hasCheckpoint else {
            throw Failure("'\(path)' is not the folder that the first process writes to: the machines have to share it")
        }
    }

    var hasCheckpoint: Bool { access(checkpoint, F_OK) == 0 }

    func write(_ files: [SmallFile]) throws {
        for file in files {
            written.append("\(path)/\(file.name)")
            let sink = try Output.open("\(path)/\(file.name)")
            try sink.write(file.bytes)
            try sink.close()
        }
    }

    /// The model's small files, of those that are there.
    func files(_ names: [String]) throws -> [SmallFile] {
        try names.filter { !$0.contains("/") && access("\(path)/\($0)", F_OK) == 0 }
            .map { SmallFile(name: $0, bytes: try MappedFile.contents("\(path)/\($0)")) }
    }

    /// Takes away what a run left that could not begin, if the folder was made for it.
    func undo() {
        guard isNew, !hasCheckpoint else { return }
        for file in written + [tokens, log, base, tokens(1), rationales(1)] { unlink(file) }
        rmdir(path)
    }
}
