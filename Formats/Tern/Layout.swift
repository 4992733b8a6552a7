import Basis
import Safetensors
import Tensors

/// Where the parts of a container are in its safetensors header: files, the model's tensors, digests, in this order.
struct Layout {
    static let manifestKey = "tern.manifest"
    static let filePrefix = "file/"
    static let digestsName = "tern.sha256"
    /// Bytes of a small file at most.
    static let fileLimit = 128 << 20

    let header: SafetensorsHeader
    let manifest: Manifest
    let files: Range<Int>
    let tensors: Range<Int>
    /// What each of `tensors` holds trits as; nil for scales and dense ones.
    let coded: [CodedRows?]
    /// The tensors with trits as two-bit codes, as the raw form has them.
    let rawEntries: [TensorEntry]

    /// The last tensor.
    var digests: Int { header.entries.count - 1 }
    var digestRows: Int { header.entries[digests].byteCount / Digest.size }

    /// Rows of digests that are those of inputs: after the header's and each tensor's, before the roots.
    var inputRows: Range<Int> { header.entries.count..<digestRows - Layout.roots(manifest) }
    /// The row of the root of the raw form.
    var rawRootRow: Int { digestRows - Layout.roots(manifest) }

    /// Rows that every container has: the header's, each tensor's but the digests', the root, and with fives the raw form's root before it.
    static func rows(entries: Int, _ manifest: Manifest) -> Int { entries + roots(manifest) }

    private static func roots(_ manifest: Manifest) -> Int { manifest.has(.fives) ? 2 : 1 }

    init(_ header: SafetensorsHeader) throws {
        self.header = header
        guard let text = header.metadata[Layout.manifestKey]?.stringValue else {
            throw Failure("not a tern container: its metadata has no \(Layout.manifestKey)")
        }
        manifest = try Manifest(parsing: Array(text.utf8))
        guard let last = header.entries.last, last.name == Layout.digestsName else {
            throw Failure("the last tensor is not \(Layout.digestsName)")
        }
        let rows = Layout.rows(entries: header.entries.count, manifest)
        guard last.element == .uint8, last.shape.count == 2, last.shape[1] == Digest.size, last.shape[0] >= rows else {
            throw Failure("tensor '\(last.name)' has shape \(last.shape), not [\(rows) or more, \(Digest.size)]")
        }
        let fileCount = header.entries.prefix { $0.name.hasPrefix(Layout.filePrefix) }.count
        (files, tensors) = (0..<fileCount, fileCount..<header.entries.count - 1)
        coded = try Layout.check(header.entries[tensors], against: manifest)
        rawEntries = try manifest.coded(as: .codes).tensors.flatMap { try $0.stored() }
        try Layout.check(files: header.entries[files])
        try Layout.check(rowsOf: manifest, within: inputRows)
    }

    /// The header's tensors are those that the manifest lists, as it lists them.
    private static func check(_ entries: ArraySlice<TensorEntry>, against manifest: Manifest) throws -> [CodedRows?] {
        var rest = entries
        var coded: [CodedRows?] = []
        for tensor in manifest.tensors {
            let stored = try tensor.stored()
            for expected in stored {
                guard let found = rest.popFirst() else { throw Failure("tensor '\(expected.name)' of the manifest is missing") }
                guard found == expected else {
                    throw Failure("tensor '\(found.name)' \(found.element.rawValue)\(found.shape) stands where the manifest has "
                        + "'\(expected.name)' \(expected.element.rawValue)\(expected.shape)")
                }
                coded.append(expected.name == tensor.name ? CodedRows(tensor.encoding, columns: tensor.shape.last ?? 0) : nil)
            }
        }
        if let extra = rest.first { throw Failure("tensor '\(extra.name)' is not in the manifest") }
        return coded
    }

    private static func check(files: ArraySlice<TensorEntry>) throws {
        for file in files {
            let name = file.name.dropFirst(filePrefix.count)
            guard file.element == .uint8, file.shape.count == 1, isPlain(name) else {
                throw Failure("tensor '\(file.name)' is not a small file")
            }
            guard file.byteCount <= fileLimit else {
                throw Failure("tensor '\(file.name)' takes \(file.byteCount) bytes, more than \(fileLimit)")
            }
        }
    }

    /// A name that whoever unpacks the file can write without leaving the folder.
    static func isPlain(_ name: Substring) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7F }
    }

    private static func check(rowsOf manifest: Manifest, within rows: Range<Int>) throws {
        for step in manifest.history {
            for case .row(let row) in step.inputs.map(\.digest) where !rows.contains(row) {
                throw Failure("the history refers to row \(row), inputs have rows \(rows.lowerBound)..<\(rows.upperBound)")
            }
        }
    }
}
