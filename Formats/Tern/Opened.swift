import Basis
import Tensors

/// What a path has led to.
enum Opened {
    case content(any Content)
    case manifest(Manifest)

    init(_ input: Input) throws {
        switch input {
        case .mapped(let file): try self.init(file)
        case .stream(let reader): try self.init(reader)
        }
    }

    private init(_ file: MappedFile) throws {
        switch file.withBytes({ Kind(of: $0) }) {
        case .raw: self = .content(MemoryContent(file))
        case .packed where file.withBytes({ SeekTable.ends($0) }): self = .content(try SeekableContent(file))
        default: try self.init(file.reader())
        }
    }

    /// Reads a stream to its end before anything is given out, so that nothing damaged is.
    private init(_ reader: any ByteReader) throws {
        let (kind, whole) = try Kind.of(reader)
        switch kind {
        case .raw: self = .content(MemoryContent(try Memory(readingAll: whole), name: reader.name))
        case .packed: self = .content(MemoryContent(try Memory(readingAll: ZstandardReader(whole)), name: reader.name))
        case .manifest:
            let text = try whole.readAll(limit: Manifest.limit)
            self = .manifest(try naming(reader.name) { try Manifest(parsing: text) })
        case nil: throw Failure("'\(reader.name)' is neither a tern container nor a manifest")
        }
    }
}
