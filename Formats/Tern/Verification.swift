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
        let problems = found.withLock { $0 }.sorted { $0.key < $1.key }.map {
            Problem(tensor: layout.header.entries[$0.key].name, description: $0.value)
        }
        return problems.isEmpty ? rawRootProblem(pool) : problems
    }

    /// Makes the digests of the raw form where the container has fives, and compares the root.
    private func rawRootProblem(_ pool: ThreadPool) -> [Problem] {
        guard layout.manifest.has(.fives) else { return [] }
        do {
            let rows = Mutex(Array(digests[..<layout.rawRootRow]))
            let raw = try TernWriter.header(layout.manifest.coded(as: .codes), files: files(), inputRows: layout.inputRows.count)
            let header = try SHA256.digest(of: raw.printed())
            rows.withLock { $0[0] = header }
            try pool.trying(entries.count) { index in
                guard self.layout.coded[index]?.areFives == true else { return }
                let hash = try SHA256()
                try self.readRows(index, multiplesOf: 1) { try hash.update($0) }
                let digest = try hash.finish()
                rows.withLock { $0[1 + self.layout.tensors.lowerBound + index] = digest }
            }
            let root = try SHA256.digest(of: rows.withLock { $0.flatMap(\.bytes) })
            guard root != digests[layout.rawRootRow] else { return [] }
            return [Problem(tensor: nil, description: "\(TernTensors.falseRawRoot.about(content.name))")]
        } catch {
            return [Problem(tensor: nil, description: "\(error)")]
        }
    }

    private func verify(_ index: Int) throws {
        let entry = layout.header.entries[index]
        try naming(content.name) {
            if let bytes = content.mapped(place(of: index)) { return try check(index, bytes) }
            let memory = try Memory(count: entry.byteCount)
            try withExtendedLifetime(memory) { try readStored(index, into: memory.bytes) }
        }
    }
}
