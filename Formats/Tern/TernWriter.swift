import Basis
import Safetensors
import Tensors

/// Writes a raw container to a sink that need not seek: small files at once, then the bytes of the model's tensors in the order of
/// the manifest, then the digests.
public final class TernWriter {
    /// The manifest as written: pending digests have their rows.
    public let manifest: Manifest
    private let writer: SafetensorsWriter
    private var rows: [Digest] = []
    private let hash: SHA256
    private var current: Int
    private var missing: Int
    private let inputRows: Int

    public convenience init(_ manifest: Manifest, files: [SmallFile], to sink: any ByteSink) throws {
        // Rows: the header's, one for each file and stored tensor, then the inputs'.
        let first = 1 + files.count + manifest.tensors.reduce(0) { $0 + $1.encoding.storedCount }
        let (assigned, pending) = manifest.assigningRows(from: first)
        try self.init(assigned: assigned, files: files, inputRows: pending, to: sink)
    }

    /// A manifest whose inputs have their rows, `inputRows` of them.
    init(assigned manifest: Manifest, files: [SmallFile], inputRows: Int, to sink: any ByteSink) throws {
        (self.manifest, self.inputRows) = (manifest, inputRows)
        let header = try TernWriter.header(manifest, files: files, inputRows: inputRows)
        _ = try Layout(header)
        hash = try SHA256()
        writer = try SafetensorsWriter(header, to: sink)
        rows.append(try SHA256.digest(of: writer.headerBytes))
        (current, missing) = (0, header.entries[0].byteCount)
        try passComplete()
        for file in files { try write(file.bytes) }
    }

    /// The header of such a container.
    static func header(_ manifest: Manifest, files: [SmallFile], inputRows: Int) throws -> SafetensorsHeader {
        var entries = try files.map { try TensorEntry(name: Layout.filePrefix + $0.name, element: .uint8, shape: [$0.bytes.count]) }
        entries += try manifest.tensors.flatMap { try $0.stored() }
        let rowCount = Layout.rows(entries: entries.count + 1, manifest) + inputRows
        entries.append(try TensorEntry(name: Layout.digestsName, element: .uint8, shape: [rowCount, Digest.size]))
        return try SafetensorsHeader(entries: entries, metadata: [Layout.manifestKey: .string(manifest.json.compact)])
    }

    /// The stored tensor that the next bytes belong to; nil when only the digests are left.
    public var expected: TensorEntry? { current < writer.header.entries.count - 1 ? writer.header.entries[current] : nil }

    /// Continues the tensor begun; refuses bytes beyond its end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        guard expected != nil else { throw Failure("\(bytes.count) bytes after the last tensor") }
        try writer.write(bytes)
        try hash.update(bytes)
        missing -= bytes.count
        try passComplete()
    }

    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Writes the digests, those of the pending inputs in the order of the history, and where there are fives the root of the raw form;
    /// gives the root. The sink stays open.
    @discardableResult
    public func finish(inputs: [Digest] = [], rawRoot: Digest? = nil) throws -> Digest {
        if let expected { throw Failure("tensor '\(expected.name)' lacks \(missing) of its \(expected.byteCount) bytes") }
        guard inputs.count == inputRows else { throw Failure("\(inputs.count) digests for \(inputRows) inputs") }
        guard (rawRoot != nil) == manifest.has(.fives) else { throw Failure("a container has the root of its raw form if it has fives") }
        let bytes = (rows + inputs + (rawRoot.map { [$0] } ?? [])).flatMap(\.bytes)
        let root = try SHA256.digest(of: bytes)
        try writer.write(bytes + root.bytes)
        try writer.finish()
        return root
    }

    private func passComplete() throws {
        while missing == 0, expected != nil {
            rows.append(try hash.finish())
            current += 1
            missing = expected?.byteCount ?? 0
        }
    }
}

extension Manifest {
    /// The manifest with a row for each pending digest, and how many there were.
    fileprivate func assigningRows(from first: Int) -> (Manifest, Int) {
        var copy = self
        var row = first
        for step in copy.history.indices {
            for input in copy.history[step].inputs.indices where copy.history[step].inputs[input].digest == .pending {
                copy.history[step].inputs[input].digest = .row(row)
                row += 1
            }
        }
        return (copy, row - first)
    }
}
