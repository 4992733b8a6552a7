import Basis
import Tensors
import Tern

/// What is in a container, for people and as JSON.
public struct Listing {
    private let container: TernContainer
    private let rows: [Row]

    private struct Row {
        let name: String
        let encoding: String
        let shape: [Int]
        let byteCount: Int
        /// Bits a weight, by the tensor's entropy; nil for what is no matrix of trits.
        let entropy: Double?
    }

    public init(_ container: TernContainer) throws {
        self.container = container
        var index = 0, rows: [Row] = []
        for tensor in container.manifest.tensors {
            let entries = try tensor.stored()
            let entropy = try Listing.entropy(container, index, tensor)
            rows.append(Row(
                name: tensor.name, encoding: tensor.encoding.label, shape: tensor.shape,
                byteCount: entries.reduce(0) { $0 + $1.byteCount }, entropy: entropy))
            index += entries.count
        }
        self.rows = rows
    }

    private static func entropy(_ container: TernContainer, _ index: Int, _ tensor: Manifest.Tensor) throws -> Double? {
        guard let planes = tensor.encoding.planeCount else { return nil }
        return try container.tensors.withBytes(index) { bytes in
            let rows = planes * tensor.shape.dropLast().reduce(1, *)
            return Double(planes) * (try Trits.counts(bytes, rows: rows, width: tensor.shape.last ?? 0).entropy)
        }
    }

    public func printed(json: Bool) -> String { json ? self.json.compact + "\n" : text }

    private var text: String {
        let head = ["tensor", "encoding", "shape", "bytes", "bits a weight"]
        let tensors = rows.map { row in
            [row.name, row.encoding, row.shape.map(String.init).joined(separator: " x "), "\(row.byteCount)", bits(row)]
        }
        let files = container.files.map { ["file/\($0.name)", "file", "", "\($0.bytes.count)", ""] }
        return table([head] + files + tensors, rightAligned: [3, 4]) + summary
    }

    private func bits(_ row: Row) -> String { row.entropy.map { decimal($0, 3) } ?? "" }

    private var summary: String {
        let trits = rows.filter { $0.entropy != nil }
        let count = trits.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let entropy = trits.reduce(0.0) { $0 + ($1.entropy ?? 0) * Double($1.shape.reduce(1, *)) }
        let share = count > 0 ? "\(count) of them trits with an entropy of \(decimal(entropy / Double(count), 3)) bits each" : "no trits"
        return "\(rows.count) tensors, \(container.manifest.weightCount) weights, \(share)\n"
    }

    private var json: JSON {
        .object([
            "name": .string(container.manifest.name), "family": .string(container.manifest.family),
            "weights": .integer(container.manifest.weightCount),
            "files": .array(container.files.map { .object(["name": .string($0.name), "bytes": .integer($0.bytes.count)]) }),
            "tensors": .array(rows.map { row in
                var object: JSONObject = [
                    "name": .string(row.name), "encoding": .string(row.encoding), "shape": .array(row.shape.map(JSON.integer)),
                    "bytes": .integer(row.byteCount),
                ]
                object["entropy"] = row.entropy.map(JSON.number)
                return .object(object)
            }),
        ])
    }
}

extension Encoding {
    /// The name, or the element type of a dense tensor.
    var label: String {
        switch self {
        case .trits, .fives, .integers: name
        case .planes(let form), .planesOfFives(let form):
            "\(form.count) \(name)\(form.isTied ? "" : ", free")\(form.hasShift ? ", shifted" : "")"
        case .dense(let element): element.rawValue
        }
    }
}
