import Basis
import Glibc
import HuggingFace
import Models
import Safetensors
import Tensors
import Tern

/// A container as a Hugging Face folder: `pack --to huggingface`.
///
/// Packed, matrices of trits are as transformers' quantiser `bitnet` stores them, bytes of four trits and a scale beside. In floats, for
/// programs that know nothing of trits, a matrix becomes float32 values ±v with v chosen so that the mean magnitude is the matrix's scale
/// again: the rule that such models are trained and loaded with (absmean) finds the same trits and the same scale in it.
public struct HuggingFaceExport {
    private let container: TernContainer
    private let threads: ThreadPool
    /// How matrices are packed; nil for floats.
    private let packing: BitNetPacking?

    public enum Style: Sendable { case packed, floats }

    /// `style` nil packs what transformers reads packed.
    public init(_ path: String, style: Style? = nil, _ threads: ThreadPool) throws {
        (container, self.threads) = (try TernContainer(path), threads)
        packing = try style == .floats ? nil : BitNetPacking(container.manifest, configuration: container.file("config.json"))
        guard style != .packed || packing != nil else {
            throw Failure("'\(path)': transformers knows no packed form of such a model; huggingface:floats writes floats")
        }
    }

    /// Writes the folder, which must not exist yet; nothing is left of it after a failure.
    public func write(to path: String) throws {
        guard path != "-" else { throw Failure("a folder cannot go to standard output: name it with -o") }
        let folder = try NewFolder(path)
        for file in container.files {
            let bytes = file.name == "config.json" ? try naming("config.json") { try configuration(file.bytes) } : file.bytes
            try folder.write(file.name) { try $0.write(bytes) }
        }
        try folder.write("model.safetensors", writeTensors)
        try folder.finish()
    }

    private func configuration(_ bytes: [UInt8]) throws -> [UInt8] {
        try packing.map { Array(($0.configuration.pretty + "\n").utf8) } ?? Self.floatConfiguration(bytes)
    }

    /// Where config.json says that matrices are stored as trits, it has to say that they are floats to be made ternary.
    private static func floatConfiguration(_ bytes: [UInt8]) throws -> [UInt8] {
        guard var config = try JSON(parsing: bytes).objectValue, var quantisation = config["quantization_config"]?.objectValue,
            quantisation["quant_method"] == "bitnet",
            quantisation["linear_class"] != "autobitlinear" || quantisation["quantization_mode"] != "online"
        else { return bytes }
        quantisation["linear_class"] = "autobitlinear"
        quantisation["quantization_mode"] = "online"
        config["quantization_config"] = .object(quantisation)
        return Array((JSON.object(config).pretty + "\n").utf8)
    }

    private func writeTensors(to sink: any ByteSink) throws {
        let entries = try container.manifest.tensors.flatMap(entries)
        let writer = try SafetensorsWriter(SafetensorsHeader(entries: entries, metadata: ["format": "pt"]), to: sink)
        var index = 0
        for tensor in container.manifest.tensors {
            switch tensor.encoding {
            case .dense: try writeDense(tensor, index, writer)
            case .trits, .fives: try packing == nil ? writeMatrix(tensor, index, writer) : writePacked(tensor, index, writer)
            case .integers, .planes, .planesOfFives: try writeTable(tensor, writer)
            }
            index += try tensor.stored().count
        }
        try writer.finish()
    }

    /// The tensors that a tensor of the model becomes.
    private func entries(of tensor: Manifest.Tensor) throws -> [TensorEntry] {
        if let packing, tensor.encoding.isTernary { return try packing.entries(of: tensor) }
        var element = ElementType.float32
        if case .dense(let stored) = tensor.encoding, packing?.scale(ofBias: tensor.name) == nil { element = stored }
        return [try TensorEntry(name: tensor.name, element: element, shape: tensor.shape)]
    }

    private func writeDense(_ tensor: Manifest.Tensor, _ index: Int, _ writer: SafetensorsWriter) throws {
        guard let matrix = packing?.scale(ofBias: tensor.name) else {
            return try container.tensors.withBytes(index) { try writer.write($0) }
        }
        let scale = try scale(named: matrix), element = container.tensors.entries[index].element
        let values = try container.tensors.withBytes(index) { Kernels.best.floats($0, element: element) ?? [] }
        try values.map { $0 / scale }.withUnsafeBytes { try writer.write($0) }
    }

    private func scale(named name: String) throws -> Float {
        guard let index = container.tensors.index(of: name + Encoding.scaleSuffix) else { throw Failure("tensor '\(name)' has no scale") }
        return try container.tensors.withBytes(index) { $0.loadUnaligned(as: Float.self) }
    }

    private func writePacked(_ tensor: Manifest.Tensor, _ index: Int, _ writer: SafetensorsWriter) throws {
        guard let packing else { return }
        let scale = try container.tensors.withBytes(index + 1) { $0.loadUnaligned(as: Float.self) }
        try container.tensors.withBytes(index) { codes in
            try QuarteredTrits.pack(codes, rows: tensor.shape[0], columns: tensor.shape[1], threads) { try writer.write($0) }
        }
        try withUnsafeBytes(of: packing.stored(scale)) { try writer.write($0) }
    }

    private func writeTable(_ tensor: Manifest.Tensor, _ writer: SafetensorsWriter) throws {
        let weight = Weight(tensor.name, shape: tensor.shape, kind: .table)
        let table = try Table(weight, from: container.tensors, kernels: .best, threads)
        var row = [Float](repeating: 0, count: table.columns)
        for index in 0..<table.rows {
            table.copyRow(index, to: &row, .best)
            try row.withUnsafeBytes { try writer.write($0) }
        }
    }

    private func writeMatrix(_ tensor: Manifest.Tensor, _ index: Int, _ writer: SafetensorsWriter) throws {
        let rows = tensor.shape.dropLast().reduce(1, *), columns = tensor.shape.last ?? 0
        let scale = try container.tensors.withBytes(index + 1) { $0.loadUnaligned(as: Float.self) }
        try container.tensors.withBytes(index) { codes in
            let counts = try Trits.counts(codes, rows: rows, width: columns)
            var magnitudes = Magnitudes(mean: scale, over: counts)
            let rowBytes = Trits.rowBytes(width: columns)
            for row in 0..<rows {
                let values = (0..<columns).map { column -> Float in
                    magnitudes.value(of: codes[row * rowBytes + column / 4] >> UInt8(2 * (column % 4)) & 3)
                }
                try values.withUnsafeBytes { try writer.write($0) }
            }
        }
    }
}

/// Values for the trits of a matrix in which absmean finds its scale again, to the last bit: all of one magnitude, but for as many
/// that are one step of a float larger as it takes to meet a mean that no single magnitude gives.
private struct Magnitudes {
    private let lower: Float
    private var raised: Int

    init(mean scale: Float, over counts: TritCounts) {
        let others = Double(counts.total - counts.zero), mean = Double(Magnitudes.mean(for: scale))
        let each = others > 0 ? mean * Double(counts.total) / others : mean
        lower = Double(Float(each)) > each ? Float(each).nextDown : Float(each)
        raised = Int(((each - Double(lower)) / Double(lower.nextUp - lower) * others).rounded())
    }

    /// The mean of which the scale is what a reader finds: 1 / (1 / mean), in float32.
    private static func mean(for scale: Float) -> Float {
        [scale, scale.nextUp, scale.nextDown].first { 1 / (1 / $0) == scale } ?? scale
    }

    mutating func value(of code: UInt8) -> Float {
        guard code != 1 else { return 0 }
        defer { raised -= 1 }
        let magnitude = raised > 0 ? lower.nextUp : lower
        return code == 0 ? -magnitude : magnitude
    }
}
