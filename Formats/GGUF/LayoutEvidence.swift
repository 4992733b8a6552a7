import Basis
import Glibc
import Tensors

/// Which layout a trained model's matrices of I2_S have.
///
/// The layouts differ in where a trit stands in its row or among four rows, so each gives the same codes, and nothing in one matrix alone
/// tells which is right. But matrices meet: row j of `ffn_up` makes the number that column j of `ffn_down` takes, and a trained model
/// has more zeros in both where the number matters less. So the zeros of rows are compared with those of the columns that they feed,
/// and the gains of norms with the columns behind them, by rank correlation. In the right layout they go together; in a wrong one
/// they are shuffled. Random trits show nothing.
struct LayoutEvidence {
    private let model: GGUFParts
    private let architecture: Architecture
    private let places: [String: Int]

    init(_ model: GGUFParts, _ architecture: Architecture) {
        (self.model, self.architecture) = (model, architecture)
        places = Dictionary(model.tensors.enumerated().map { ($1.tensor.name, $0) }) { first, _ in first }
    }

    /// Layers that are looked at, at first and if that tells nothing.
    private static let layerCounts = [2, 8]

    /// The layout that the evidence is for; nil where it is not beyond doubt.
    func layout(among types: [StoredType]) throws -> StoredType? {
        for count in Self.layerCounts {
            let evidence = try types.map { try agreement($0, layers: count) }
            if let best = LayoutEvidence.decide(evidence) { return types[best] }
        }
        return nil
    }

    /// What pairs of rows and columns say in sum.
    struct Agreement {
        /// Sum of (n - 3) atanh(r)², each about 1 where two orders have nothing to do with each other (Fisher 1915).
        var sum = 0.0
        var pairs = 0.0

        /// Standard deviations above what chance gives: a χ² of as many degrees of freedom as there are pairs.
        var surprise: Double { pairs > 0 ? (sum - pairs) / (2 * pairs).squareRoot() : 0 }
    }

    /// The best by far: ten deviations above chance, and twice as far as any other.
    static func decide(_ evidence: [Agreement]) -> Int? {
        let order = evidence.indices.sorted { evidence[$0].surprise > evidence[$1].surprise }
        guard let best = order.first, evidence[best].surprise > 10 else { return nil }
        return order.dropFirst().allSatisfy { evidence[best].surprise > 2 * max(0, evidence[$0].surprise) + 10 } ? best : nil
    }

    private func agreement(_ type: StoredType, layers: Int) throws -> Agreement {
        var result = Agreement()
        for layer in 0..<layers {
            var zeros: [String: (rows: [Double], columns: [Double])] = [:]
            for name in Self.matrices { zeros[name] = try self.zeros("blk.\(layer).\(name).weight", type) }
            for (rows, columns) in Self.meetings {
                guard let rows = zeros[rows]?.rows, let columns = zeros[columns]?.columns else { continue }
                result.add(rows.count < columns.count ? spread(rows) : rows, columns)
            }
            for (gain, columns) in Self.gains {
                guard let gains = gains("blk.\(layer).\(gain).weight"), let columns = zeros[columns]?.columns else { continue }
                result.add(gains, columns)
            }
        }
        return result
    }

    private static let matrices = ["attn_q", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    /// Whose rows feed whose columns; the residual stream is fed by the first of its two.
    private static let meetings = [
        ("ffn_gate", "ffn_down"), ("ffn_up", "ffn_down"), ("attn_v", "attn_output"), ("attn_output", "ffn_gate"), ("ffn_down", "attn_q"),
    ]
    private static let gains = [
        ("attn_norm", "attn_q"), ("ffn_norm", "ffn_gate"), ("attn_sub_norm", "attn_output"), ("ffn_sub_norm", "ffn_down"),
    ]
}

extension LayoutEvidence.Agreement {
    /// Adds how far two lists of the same things are ordered alike, or contrarily.
    mutating func add(_ a: [Double], _ b: [Double]) {
        guard a.count == b.count, a.count > 8 else { return }
        let r = min(0.999, abs(correlation(ranks(a), ranks(b))))
        guard r.isFinite else { return }
        sum += Double(a.count - 3) * atanh(r) * atanh(r)
        pairs += 1
    }

    /// The place of each value in the order of all; equal values share the mean of theirs.
    private func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count), start = 0
        while start < order.count {
            let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
            for place in start..<end { ranks[order[place]] = Double(start + end - 1) / 2 }
            start = end
        }
        return ranks
    }

    /// Pearson's; NaN where all values are equal.
    private func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let count = Double(a.count), (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += (x - meanA) * (y - meanB)
            aa += (x - meanA) * (x - meanA)
            bb += (y - meanB) * (y - meanB)
        }
        return ab / (aa * bb).squareRoot()
    }
}

extension LayoutEvidence {
    /// How many zeros each row and each column of a matrix has if it is of this layout; nil if there is no such matrix.
    private func zeros(_ name: String, _ type: StoredType) throws -> (rows: [Double], columns: [Double])? {
        guard let (file, tensor) = places[name].map({ model.tensors[$0] }), tensor.candidates.contains(type) else { return nil }
        let (rows, columns, rowBytes) = (tensor.rows, tensor.columns, tensor.columns / 4)
        let stored = model.files[file].bytes(of: tensor, count: tensor.room)
        var codes = [UInt8](repeating: 0, count: rows * rowBytes)
        codes.withUnsafeMutableBufferPointer {
            if let start = $0.baseAddress { WholeMatrix.decode(type, rows: rows, columns: columns, stored, into: start) }
        }
        return codes.withUnsafeBufferPointer { LayoutEvidence.count($0, rows: rows, rowBytes: rowBytes) }
    }

    private static func count(_ codes: UnsafeBufferPointer<UInt8>, rows: Int, rowBytes: Int) -> (rows: [Double], columns: [Double]) {
        var (ofRows, ofColumns) = ([Double](repeating: 0, count: rows), [Int32](repeating: 0, count: 4 * rowBytes))
        ofColumns.withUnsafeMutableBufferPointer { ofColumns in
            for row in 0..<rows {
                var sum = 0
                for byte in 0..<rowBytes {
                    let zeros = Int32(codes[row * rowBytes + byte] & 0x55)
                    sum += zeros.nonzeroBitCount
                    for part in 0..<4 { ofColumns[4 * byte + part] &+= zeros >> Int32(2 * part) & 1 }
                }
                ofRows[row] = Double(sum)
            }
        }
        return (ofRows, ofColumns.map(Double.init))
    }

    private func gains(_ name: String) -> [Double]? {
        guard let (file, tensor) = places[name].map({ model.tensors[$0] }), tensor.candidates == [.f32], tensor.rows == 1 else {
            return nil
        }
        let bytes = model.files[file].bytes(of: tensor, count: 4 * tensor.columns)
        return bytes.baseAddress.map { start in (0..<tensor.columns).map { Double(abs(start.float(at: 4 * $0))) } }
    }

    /// What the rows of `attn_v` feed: each head of values as many heads of the output as there are heads of queries for it.
    private func spread(_ rows: [Double]) -> [Double] {
        let width = rows.count / architecture.keyHeads, share = architecture.heads / architecture.keyHeads
        guard width * architecture.keyHeads == rows.count, share * architecture.keyHeads == architecture.heads else { return rows }
        return (0..<architecture.heads).flatMap { rows[$0 / share * width..<($0 / share + 1) * width] }
    }
}
