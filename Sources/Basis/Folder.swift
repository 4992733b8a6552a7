import Glibc

/// Whether there is a folder of this name.
public func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The names of what lies in a folder, sorted by their bytes.
public func fileNames(in path: String) throws -> [String] {
    guard let folder = opendir(path) else { throw Failure.system("open", path, errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Makes a folder where there is none yet.
public func createFolder(_ path: String) throws {
    guard mkdir(path, 0o777) != 0, errno != EEXIST || !isFolder(path) else { return }
    throw Failure.system("create", path, errno)
}

/// Makes a folder of a new name that begins with `prefix`, where temporary files go.
public func createTemporaryFolder(_ prefix: String) throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure.system("create", "\(parent)/\(prefix)..", errno) }
    return template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}

/// Removes a file, if it is there; who has it open keeps it.
public func removeFile(_ path: String) { unlink(path) }

/// Removes files and, if nothing else is in it, their folder.
public func removeFolder(_ path: String, files: [String]) {
    for file in files { unlink(file) }
    rmdir(path)
}
