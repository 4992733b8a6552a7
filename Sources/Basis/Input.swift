import Glibc

/// What a path on a command line leads to: a file that can be mapped, or bytes that come once and in order.
public enum Input {
    case mapped(MappedFile)
    case stream(any ByteReader)

    /// Opens `path`; `-` is standard input, mapped where it is a file read from its start.
    public static func open(_ path: String) throws -> Input {
        path == "-" ? try of(Descriptor(0, name: "standard input")) : try of(Descriptor(reading: path))
    }

    private static func of(_ descriptor: Descriptor) throws -> Input {
        let status = try descriptor.status()
        guard status.kind != .directory else { throw Failure.system("read", descriptor.name, EISDIR) }
        // Files of /proc are regular, say that they have no bytes, and have some.
        guard status.kind == .regular, status.size > 0, descriptor.position == 0 else {
            return .stream(DescriptorReader(descriptor))
        }
        return .mapped(try MappedFile(descriptor))
    }

    public var name: String {
        switch self {
        case .mapped(let file): file.name
        case .stream(let reader): reader.name
        }
    }

    /// How many bytes there are; nil for a stream.
    public var byteCount: Int? {
        if case .mapped(let file) = self { file.bytes.count } else { nil }
    }

    /// The bytes in order, whatever they come from.
    public var reader: any ByteReader {
        switch self {
        case .mapped(let file): file.reader()
        case .stream(let reader): reader
        }
    }
}
