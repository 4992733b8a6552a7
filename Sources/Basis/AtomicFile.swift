import Glibc

/// A file that appears under its name complete or not at all.
///
/// The bytes go to a file without a name (O_TMPFILE) in the target's folder, or to a hidden one where the file system has no such
/// thing. `close` syncs it, gives it its name in one step and syncs the folder. Without `close` nothing is left behind.
public final class AtomicFile: ByteSink {
    public let name: String
    private let folder: String
    private let sink: DescriptorSink
    private let descriptor: Descriptor
    /// What lies in the folder until the end; nil for a file without a name.
    private var temporary: String?

    public convenience init(_ path: String) throws { try self.init(path, unnamed: true) }

    /// `unnamed` false does what happens on a file system without O_TMPFILE.
    package init(_ path: String, unnamed: Bool) throws {
        name = path
        folder = AtomicFile.folder(of: path)
        (descriptor, temporary) = try unnamed ? AtomicFile.unfinished(for: path, in: folder) : AtomicFile.hidden(for: path, in: folder)
        sink = DescriptorSink(descriptor)
    }

    deinit { if let temporary { unlink(temporary) } }

    public func write(_ bytes: UnsafeRawBufferPointer) throws { try sink.write(bytes) }

    public func close() throws {
        try sink.close()
        try retrying({ fsync(descriptor.number) }, { .system("write to", name, $0) })
        let source = try temporary ?? nameUnnamed()
        temporary = source
        try retrying({ rename(source, name) }, { .system("create", name, $0) })
        temporary = nil
        syncFolder()
    }

    /// rename needs a name to start from, and linkat never replaces a file: so a hidden name comes between.
    private func nameUnnamed() throws -> String {
        for _ in 0..<100 {
            let path = AtomicFile.hiddenName(for: name, in: folder)
            if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor.number)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return path }
            let code = errno
            guard code == EEXIST else { throw Failure.system("create", name, code) }
        }
        throw Failure.system("create", name, EEXIST)
    }

    private func syncFolder() {
        let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return }
        // A folder that cannot be synced (some network file systems) is no reason to call a complete file a failure.
        _ = fsync(number)
        _ = Glibc.close(number)
    }
}

extension AtomicFile {
    /// O_TMPFILE, which Glibc's module leaves out (linux/fcntl.h).
    private static let unnamedFile: Int32 = 0o20_000_000 | O_DIRECTORY

    private static func unfinished(for path: String, in folder: String) throws -> (Descriptor, String?) {
        let unnamed = open(folder, unnamedFile | O_WRONLY | O_CLOEXEC, 0o666)
        if unnamed >= 0, access("/proc/self/fd/\(unnamed)", F_OK) == 0 {
            return (Descriptor(unnamed, name: path, owned: true), nil)
        }
        if unnamed >= 0 { _ = Glibc.close(unnamed) }
        return try hidden(for: path, in: folder)
    }

    private static func hidden(for path: String, in folder: String) throws -> (Descriptor, String?) {
        for _ in 0..<100 {
            let hidden = hiddenName(for: path, in: folder)
            let number = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if number >= 0 { return (Descriptor(number, name: path, owned: true), hidden) }
            let code = errno
            guard code == EEXIST || code == EINTR else { throw Failure.system("create", path, code) }
        }
        throw Failure.system("create", path, EEXIST)
    }

    private static func hiddenName(for path: String, in folder: String) -> String {
        let last = path.split(separator: "/").last.map { String($0) } ?? "file"
        return "\(folder)/.\(last.prefix(200)).\(String(UInt64.random(in: 0...(.max)), radix: 36))"
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Where `-o PATH` leads.
public enum Output {
    /// A sink for `path`; `-` is standard output. A device, a pipe or a socket is written to as it is; a file is replaced when it
    /// is complete, through a symbolic link where `path` is one.
    public static func open(_ path: String) throws -> any ByteSink {
        if path == "-" { return DescriptorSink.standardOutput() }
        var info = stat()
        guard stat(path, &info) == 0 else { return try AtomicFile(path) }
        switch info.st_mode & S_IFMT {
        case S_IFREG: return try AtomicFile(resolved(path))
        case S_IFDIR: throw Failure.system("write to", path, EISDIR)
        default: return try direct(path)
        }
    }

    private static func direct(_ path: String) throws -> any ByteSink {
        let number = try retrying({ Glibc.open(path, O_WRONLY | O_CLOEXEC) }, { .system("open", path, $0) })
        return DescriptorSink(Descriptor(number, name: path, owned: true))
    }

    /// What a symbolic link points to, so that replacing the file leaves the link alone.
    private static func resolved(_ path: String) -> String {
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFLNK, let target = realpath(path, nil) else { return path }
        defer { free(target) }
        return String(cString: target)
    }
}
