import Basis
import Glibc

/// The folder of a run: the model's small files, the data as tokens, the last checkpoint, the log, and in the end the model. Where the
/// model writes its texts itself, also the questions, the base model, and what each round learns from.
final class RunFolder {
    let path: String
    private let isNew: Bool
    private var written: [String] = []
    /// Held while the run is at work, and so that nobody takes the folder of a run that has no checkpoint yet for something else.
    private let lock: FolderLock?

    var checkpoint: String { "\(path)/checkpoint.safetensors" }
    var tokens: String { "\(path)/tokens.safetensors" }
    var log: String { "\(path)/log.jsonl" }
    var base: String { "\(path)/base.safetensors" }
    func tokens(_ round: Int) -> String { "\(path)/tokens-\(round).safetensors" }
    func rationales(_ round: Int) -> String { "\(path)/rationales-\(round).jsonl" }
    var model: String { "\(path)/model.safetensors" }

    private var lockFile: String { "\(path)/.lock" }

    /// Makes the folder where there is none, in the process that is the first to come to it.
    init(_ path: String, isFirst: Bool) throws {
        self.path = path
        isNew = isFirst && mkdir(path, 0o777) == 0
        guard isNew || !isFirst || errno == EEXIST else { throw Failure.system("create", path, errno) }
        lock = try isFirst ? Self.lock(path, isNew: isNew) : nil
        guard isFirst || hasCheckpoint else {
            throw Failure("'\(path)' is not the folder that the first process writes to: the machines have to share it")
        }
    }

    /// Takes hold of a folder that is empty or holds a run: nothing else is written over.
    private static func lock(_ path: String, isNew: Bool) throws -> FolderLock {
        let holdsRun = ["checkpoint.safetensors", ".lock"].contains { access("\(path)/\($0)", F_OK) == 0 }
        guard try isNew || holdsRun || isEmpty(path) else {
            throw Failure("'\(path)' holds no run, and is not empty: choose another folder")
        }
        do { return try FolderLock(path) } catch {
            if isNew { rmdir(path) }
            throw error
        }
    }

    private static func isEmpty(_ path: String) throws -> Bool {
        guard let folder = opendir(path) else { throw Failure.system("open", path, errno) }
        defer { closedir(folder) }
        // Every folder holds itself and the one above it.
        return (0..<3).count { _ in readdir(folder) != nil } < 3
    }

    /// The run is done: the folder is a model's.
    func release() { unlink(lockFile) }

    var hasCheckpoint: Bool { access(checkpoint, F_OK) == 0 }

    func write(_ files: [SmallFile]) throws {
        for file in files {
            written.append("\(path)/\(file.name)")
            let sink = try Output.open("\(path)/\(file.name)")
            try sink.write(file.bytes)
            try sink.close()
        }
    }

    /// The model's small files.
    func files(_ names: [String]) throws -> [SmallFile] {
        try names.filter { !$0.contains("/") }.map { SmallFile(name: $0, bytes: try MappedFile.contents("\(path)/\($0)")) }
    }

    /// Takes away what a run left that could not begin, if the folder was made for it; one that holds a run is left as it was.
    func undo() {
        guard !hasCheckpoint else { return release() }
        guard isNew else { return }
        for file in written + [lockFile, tokens, log, base, tokens(1), rationales(1)] { unlink(file) }
        rmdir(path)
    }
}
