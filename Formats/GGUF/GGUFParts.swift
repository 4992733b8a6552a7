import Basis

/// The one file, or all the files that a model was split into, as one.
struct GGUFParts {
    let files: [GGUFFile]
    /// Tensors in their order, with the number of the file that each lies in.
    let tensors: [(file: Int, tensor: StoredTensor)]

    var metadata: Metadata { files[0].metadata }

    init(_ path: String) throws {
        let first = try GGUFFile(path)
        let count = try naming(path) { try first.metadata.integer("split.count") ?? 1 }
        files = count > 1 ? try GGUFParts.split(path, count: count) : [first]
        tensors = files.enumerated().flatMap { number, file in file.tensors.map { (number, $0) } }
        try naming(path) { [files, tensors] in try GGUFParts.check(files, tensors.map(\.tensor)) }
    }

    /// `model-00002-of-00003.gguf` is the second of three; any of them names all.
    private static func split(_ path: String, count: Int) throws -> [GGUFFile] {
        let ending = "-of-\(digits(count)).gguf"
        guard path.hasSuffix(ending), count < 100_000, path.utf8.count > ending.utf8.count + 6 else {
            throw Failure("'\(path)': is one of \(count) parts, but its name does not end in -00001\(ending)")
        }
        let stem = path.dropLast(ending.utf8.count + 5)
        return try (1...count).map { try GGUFFile(stem + digits($0) + ending) }
    }

    private static func digits(_ number: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(number)".utf8.count)) + "\(number)" }

    private static func check(_ files: [GGUFFile], _ tensors: [StoredTensor]) throws {
        for (number, file) in files.enumerated() where files.count > 1 {
            guard try file.metadata.integer("split.no") == number, try file.metadata.integer("split.count") == files.count else {
                throw Failure("'\(file.name)' says that it is another part than its name")
            }
        }
        if let count = try files[0].metadata.integer("split.tensors.count"), count != tensors.count {
            throw Failure("the parts hold \(tensors.count) tensors, expected \(count)")
        }
        guard Set(tensors.map(\.name)).count == tensors.count else { throw Failure("two parts hold tensors of one name") }
    }
}
