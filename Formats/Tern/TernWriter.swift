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
    private let pending: Int

    public init(_ manifest: Manifest, files: [SmallFile], to sink: any ByteSink) throws {
        var entries = try files.map { try TensorEntry(name: Layout.filePrefix + $0.name, element: .uint8, shape: [$0.bytes.count]) }
        entries += try manifest.tensors.flatMap { try $0.stored() }
        let firstInput = entries.count + 1
        (self.manifest, pending) = manifest.assigningRows(from: firstInput)
        let rowCount = Layout.rows(entries: entries.count + 1) + pending
        entries.append(try TensorEntry(name: Layout.digestsName, element: .uint8, shape: [rowCount, Digest.size]))
        let header = try SafetensorsHeader(entries: entries, metadata: [Layout.manifestKey: .string(self.manifest.json.compact)])
        _ = try Layout(header)
        hash = try SHA256()
        writer = try SafetensorsWriter(header, to: sink)
        rows.append(try SHA256.digest(of: writer.headerBytes))
        (current, missing) = (0, entries[0].byteCount)
        try passComplete()
        for file in files { try write(file.bytes) }
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

    /// Writes the digests, those of the pending inputs in the order of the history; gives the root. The sink stays open.
    @discardableResult
    public func finish(inputs: [Digest] = []) throws -> Digest {
        if let expected { throw Failure("tensor '\(expected.name)' lacks \(missing) of its \(expected.byteCount) bytes") }
        guard inputs.count == pending else { throw Failure("\(inputs.count) digests for \(pending) inputs") }
        let bytes = (rows + inputs).flatMap(\.bytes)
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
