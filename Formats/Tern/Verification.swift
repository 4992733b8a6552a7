import Basis
import Synchronization
import Tensors

/// Something wrong with a container.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The stored tensor it was found in; nil for the header, the frames and the seek table.
    public let tensor: String?
    public let description: String
}

extension TernContainer {
    /// Reads everything that `path` leads to and tells what is not as it was written; nothing to tell means sound.
    ///
    /// What cannot be opened at all is one problem. A manifest file is as sound as its parts.
    public static func verify(_ path: String, _ pool: ThreadPool) -> [Problem] {
        let problems = reading(path, pool)
        guard !problems.isEmpty, case .mapped(let file)? = try? Input.open(path), let diagnosis = try? Diagnosis(file) else {
            return problems
        }
        let named = diagnosis.problems()
        return named.isEmpty ? problems : named
    }

    /// What fails when everything is read.
    private static func reading(_ path: String, _ pool: ThreadPool) -> [Problem] {
        do {
            let input = try Input.open(path), table = seekTableProblem(input)
            switch try Opened(input) {
            case .content(let content): return try naming(content.name) { try TernTensors(content) }.problems(pool) + table
            case .manifest(let manifest): return try parts(manifest, Folder(of: path), pool)
            }
        } catch {
            return [Problem(tensor: nil, description: "\(error)")]
        }
    }

    /// A packed file without a whole seek table still unpacks, but it is not what was written.
    private static func seekTableProblem(_ input: Input) -> [Problem] {
        guard case .mapped(let file) = input else { return [] }
        let isWhole = file.withBytes { Kind(of: $0) != .packed || SeekTable.isAsWritten($0) }
        return isWhole ? [] : [Problem(tensor: nil, description: "'\(file.name)': the seek table is damaged or missing")]
    }

    /// What opening the whole finds, and what each part has for itself.
    private static func parts(_ manifest: Manifest, _ folder: Folder, _ pool: ThreadPool) throws -> [Problem] {
        let problems = try manifest.parts.flatMap { verify(try folder.resolve($0.path), pool) }
        if problems.isEmpty { _ = try TernContainer(manifest, in: folder, name: folder.path) }
        return problems
    }
}

extension TernTensors {
    /// What is wrong with each stored tensor, in the order of the header.
    func problems(_ pool: ThreadPool) -> [Problem] {
        let found = Mutex<[Int: String]>([:])
        pool.parallel(layout.digests) { range in
            for index in range {
                do { try self.verify(index) } catch { found.withLock { $0[index] = "\(error)" } }
            }
        }
        return found.withLock { $0 }.sorted { $0.key < $1.key }.map {
            Problem(tensor: layout.header.entries[$0.key].name, description: $0.value)
        }
    }

    private func verify(_ index: Int) throws {
        let entry = layout.header.entries[index]
        let start = dataStart + layout.header.offsets[index]
        try naming(content.name) {
            if let bytes = content.mapped(start..<start + entry.byteCount) { return try check(index, bytes) }
            let memory = try Memory(count: entry.byteCount)
            try withExtendedLifetime(memory) { try readStored(index, into: memory.bytes) }
        }
    }
}
