import Glibc

/// A regular file's bytes in memory, read from disk as they are touched.
///
/// Cutting the file short while it is mapped kills the program that touches the missing part (SIGBUS); nothing guards against it.
public final class MappedFile: @unchecked Sendable {
    public let name: String
    /// Valid as long as this object lives: `withBytes` sees to that, keeping the object in a variable does not.
    public let bytes: UnsafeRawBufferPointer
    private let descriptor: Descriptor

    public convenience init(_ path: String) throws {
        try self.init(Descriptor(reading: path))
    }

    /// Maps all of a regular file.
    public init(_ descriptor: Descriptor) throws {
        let status = try descriptor.status()
        guard status.kind == .regular else { throw Failure("cannot map '\(descriptor.name)': not a regular file") }
        (name, self.descriptor) = (descriptor.name, descriptor)
        guard status.size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, descriptor.number, 0), start != MAP_FAILED else {
            throw Failure.system("map", descriptor.name, errno)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: status.size)
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(bytes) }
    }

    /// The bytes in order for whoever needs them once: read, so that a large file does not count as this program's memory.
    public func reader() -> any ByteReader { PositionedReader(descriptor, count: bytes.count) }

    /// Lets go of a stretch that was used and will hardly be used again: it no longer counts as this program's memory, and is read anew
    /// if it is touched after all.
    public func release(_ range: Range<Int>) {
        let page = MappedFile.pageSize, start = (range.lowerBound + page - 1) / page * page, end = range.upperBound / page * page
        guard start < end, let base = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
    }

    private static let pageSize = max(1, Int(sysconf(Int32(_SC_PAGESIZE))))

    deinit {
        guard let start = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
}

extension MappedFile {
    /// All bytes of a small file; refuses more than `limit` bytes.
    public static func contents(_ path: String, limit: Int = 128 << 20) throws -> [UInt8] {
        let descriptor = try Descriptor(reading: path)
        let status = try descriptor.status()
        guard status.kind == .regular else { return try DescriptorReader(descriptor).readAll(limit: limit) }
        guard status.size <= limit else { throw Failure("'\(path)' has \(status.size) bytes, more than \(limit)") }
        var content = [UInt8](repeating: 0, count: status.size)
        try content.withUnsafeMutableBytes { try descriptor.read(at: 0, into: $0) }
        return content
    }
}
