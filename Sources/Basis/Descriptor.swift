import Glibc

/// An open file, closed when the last reference to it goes. Positioned reads from several threads do not disturb each other.
public final class Descriptor: Sendable {
    /// What the file is called in errors.
    public let name: String
    public let number: Int32
    private let owned: Bool

    /// Takes a descriptor that somebody else opened; closes it in the end if `owned`.
    public init(_ number: Int32, name: String, owned: Bool = false) {
        (self.number, self.name, self.owned) = (number, name, owned)
    }

    /// Opens `path` for reading. A directory is refused: on Linux it would open and fail later.
    public convenience init(reading path: String) throws {
        let number = try retrying({ open(path, O_RDONLY | O_CLOEXEC) }, { .system("open", path, $0) })
        self.init(number, name: path, owned: true)
        guard try status().kind != .directory else { throw Failure.system("open", path, EISDIR) }
    }

    /// Opens `path` for writing at its end, and for reading; makes the file if there is none.
    public convenience init(appending path: String) throws {
        let number = try retrying({ open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o666) }, { .system("open", path, $0) })
        self.init(number, name: path, owned: true)
    }

    deinit { if owned { close(number) } }

    public enum Kind: Sendable { case regular, directory, other }

    public struct Status: Sendable {
        public let kind: Kind
        /// Bytes; means something for regular files only.
        public let size: Int
    }

    public func status() throws -> Status {
        var info = stat()
        try retrying({ fstat(number, &info) }, { .system("look at", name, $0) })
        let kind: Kind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            default: .other
            }
        return Status(kind: kind, size: Int(info.st_size))
    }

    /// At most as many bytes as fit, from where the last read stopped; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try retrying({ Glibc.read(number, buffer.baseAddress, buffer.count) }, { .system("read", name, $0) })
    }

    /// Fills `buffer` from byte `offset` of a regular file.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try retrying(
                { pread(number, rest.baseAddress, rest.count, offset + done) }, { .system("read", name, $0) })
            guard count > 0 else { throw Failure("'\(name)' ends at byte \(offset + done)") }
            done += count
        }
    }

    /// Writes all of `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try retrying({ Glibc.write(number, rest.baseAddress, rest.count) }, { .system("write to", name, $0) })
        }
    }

    /// Takes away what lies behind byte `size` of a file.
    public func cut(to size: Int) throws { try retrying({ ftruncate(number, size) }, { .system("write to", name, $0) }) }

    /// Tells the kernel that the file will be read once, front to back.
    public func adviseSequential() { _ = posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Where the next sequential read starts; nil for what cannot seek.
    public var position: Int? {
        let at = lseek(number, 0, SEEK_CUR)
        return at < 0 ? nil : at
    }
}
