import Basis
import Glibc
import Models
import Safetensors
import Tensors
import Tern

/// A container as a Hugging Face folder with float weights, for programs that know nothing of trits: `pack --to huggingface`.
///
/// A matrix of trits becomes float32 values ±v with v chosen so that the mean magnitude is the matrix's scale again: the rule that such
/// models are trained and loaded with (absmean) finds the same trits and the same scale in it.
public struct HuggingFaceExport {
    private let container: TernContainer
    private let threads: ThreadPool

    public init(_ path: String, _ threads: ThreadPool) throws {
        (container, self.threads) = (try TernContainer(path), threads)
    }

    /// Writes the folder, which must not exist yet; nothing is left of it after a failure.
    public func write(to path: String) throws {
        guard path != "-" else { throw Failure("a folder cannot go to standard output: name it with -o") }
        let folder = try NewFolder(path)
        for file in container.files { try folder.write(file.name) { try $0.write(file.bytes) } }
        try folder.write("model.safetensors", writeTensors)
        try folder.finish()
    }

    private func writeTensors(to sink: any ByteSink) throws {
        let entries = try container.manifest.tensors.map { tensor -> TensorEntry in
            var element = ElementType.float32
            if case .dense(let stored) = tensor.encoding { element = stored }
            return try TensorEntry(name: tensor.name, element: element, shape: tensor.shape)
        }
        let writer = try SafetensorsWriter(SafetensorsHeader(entries: entries, metadata: ["format": "pt"]), to: sink)
        var index = 0
        for tensor in container.manifest.tensors {
            switch tensor.encoding {
            case .dense: try container.tensors.withBytes(index) { try writer.write($0) }
            case .trits: try writeMatrix(tensor, index, writer)
            }
            index += try tensor.stored().count
        }
        try writer.finish()
    }

    private func writeMatrix(_ tensor: Manifest.Tensor, _ index: Int, _ writer: SafetensorsWriter) throws {
        let rows = tensor.shape.dropLast().reduce(1, *), columns = tensor.shape.last ?? 0
        let scale = try container.tensors.withBytes(index + 1) { $0.loadUnaligned(as: Float.self) }
        try container.tensors.withBytes(index) { codes in
            let counts = try Trits.counts(codes, rows: rows, width: columns)
            let value = spreadScale(scale, over: counts)
            let rowBytes = Trits.rowBytes(width: columns)
            for row in 0..<rows {
                let values = (0..<columns).map { column -> Float in
                    (Float(codes[row * rowBytes + column / 4] >> UInt8(2 * (column % 4)) & 3) - 1) * value
                }
                try values.withUnsafeBytes { try writer.write($0) }
            }
        }
    }
}

/// The magnitude of the values that are not zero, of which the mean over all is `scale`, to the last bit where that can be.
func spreadScale(_ scale: Float, over counts: TritCounts) -> Float {
    let others = counts.total - counts.zero
    guard others > 0 else { return scale }
    let guess = Float(Double(scale) * Double(counts.total) / Double(others))
    // The same arithmetic as absmean: the scale that a reader finds is 1 / (1 / mean).
    func found(_ value: Float) -> Float { 1 / (1 / Float(Double(value) * Double(others) / Double(counts.total))) }
    return [guess, guess.nextUp, guess.nextDown, guess.nextUp.nextUp, guess.nextDown.nextDown].first { found($0) == scale } ?? guess
}
