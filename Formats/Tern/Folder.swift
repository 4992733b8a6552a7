import Basis
import Glibc

/// The folder of a manifest file, which nothing that the manifest names may lie outside of.
struct Folder {
    let path: String

    init(of file: String) {
        let slash = file.lastIndex(of: "/")
        path = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
    }

    /// The path of `name` within the folder; refuses absolute ones, `..` and symbolic links that lead out.
    func resolve(_ name: String) throws -> String {
        let words = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.utf8.contains(0), words.allSatisfy({ $0 != ".." && !$0.isEmpty }) else { throw outside(name) }
        let joined = "\(path)/\(name)"
        guard let real = Folder.real(joined) else { throw Failure.system("open", joined, errno) }
        guard let base = Folder.real(path) else { throw Failure.system("open", path, errno) }
        guard real.hasPrefix(base == "/" ? base : base + "/") else { throw outside(name) }
        return joined
    }

    private func outside(_ name: String) -> Failure { Failure("'\(name)' is not a path within the manifest's folder") }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
