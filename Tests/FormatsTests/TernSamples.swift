import Basis
import Safetensors
import Tensors
import Tern

/// A model small enough to try every byte of its container.
struct TinyModel {
    var manifest = Manifest(
        name: "tiny", family: "none", graph: ["nodes": []],
        tensors: [
            Manifest.Tensor(name: "w", encoding: .trits, shape: [2, 5]),
            Manifest.Tensor(name: "norm", encoding: .dense(.float32), shape: [2]),
        ],
        history: [
            Manifest.Step(
                tool: "quantize", version: "1", options: ["method": "absmean"],
                inputs: [Manifest.Input(name: "model.safetensors", bytes: 3, digest: .pending)])
        ])
    var files = [SmallFile(name: "config.json", bytes: Array("{}\n".utf8))]
    /// By stored tensor: codes, scale, norm.
    var stored: [[UInt8]] = [[0b0110_0001, 0b0101_0110, 0b0000_0100, 0b0101_0100], [0, 0, 0, 63], [0, 0, 128, 63, 0, 0, 0, 64]]
    var inputs = [[UInt8]([1, 2, 3])]

    /// Of the raw form; of a model in fives it is known from the one that it was made of.
    var rawRoot: Digest?

    func raw() throws -> [UInt8] { try written().bytes }
    func root() throws -> Digest { try written().root }

    private func written() throws -> (bytes: [UInt8], root: Digest) {
        let sink = MemorySink()
        let writer = try TernWriter(manifest, files: files, to: sink)
        for bytes in stored { try writer.write(bytes) }
        let root = try writer.finish(inputs: inputs.map { try SHA256.digest(of: $0) }, rawRoot: rawRoot)
        return (sink.bytes, root)
    }

    /// The same model with five trits a byte: what is packed.
    func inFives() throws -> TinyModel {
        var model = self
        var index = 0
        for (number, tensor) in manifest.tensors.enumerated() {
            if tensor.encoding == .trits {
                model.manifest.tensors[number].encoding = .fives
                model.stored[index] = naiveFives(stored[index], columns: tensor.shape.last ?? 0)
            }
            index += try tensor.stored().count
        }
        model.rawRoot = try root()
        return model
    }
}

/// Five trits a byte, by the words of the page, of rows of two-bit codes.
func naiveFives(_ codes: [UInt8], columns: Int) -> [UInt8] {
    var fives: [UInt8] = []
    for row in stride(from: 0, to: codes.count, by: (columns + 3) / 4) {
        for first in stride(from: 0, to: columns, by: 5) {
            var byte: UInt8 = 0
            for column in (first..<first + 5).reversed() {
                let code: UInt8 = column < columns ? codes[row + column / 4] >> UInt8(2 * (column % 4)) & 3 : 1
                byte = byte * 3 + code
            }
            fives.append(byte)
        }
    }
    return fives
}

/// A container with tensors on both sides of a frame's size, incompressible ones and a scale in between.
func largeModel() throws -> TinyModel {
    var random = Sequence64(3)
    var model = TinyModel()
    model.manifest.tensors = []
    model.stored = []
    for (index, rows) in [3, 700, 1, 2049, 1024, 5000].enumerated() {
        model.manifest.tensors.append(Manifest.Tensor(name: "t\(index)", encoding: .trits, shape: [rows, 16384]))
        var codes: [UInt8] = []
        codes.reserveCapacity(rows * 4096)
        for _ in 0..<rows * 4096 {
            let bits = UInt8(truncatingIfNeeded: random.next() >> 30)
            codes.append(bits & ~(bits & 0x55) & 0xAA | (bits & 0x55) & ~((bits & 0xAA) >> 1))
        }
        model.stored += [codes, [0, 0, UInt8(index), 63]]
    }
    return model
}

func packed(_ raw: [UInt8], threads: Int = 1, step: Int = 1 << 20, level: Int = 1) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try PackedWriter(sink, level: level, pool: ThreadPool(threads: threads))
    try raw.withUnsafeBytes { bytes in
        for at in stride(from: 0, to: bytes.count, by: step) {
            try writer.write(UnsafeRawBufferPointer(rebasing: bytes[at..<min(at + step, bytes.count)]))
        }
    }
    try writer.close()
    return sink.bytes
}

/// What a container says, in full: two containers that say the same are equal.
struct Reading: Equatable {
    let manifest: Manifest
    let files: [SmallFile]
    let entries: [TensorEntry]
    let contents: [[UInt8]]

    init(_ container: TernContainer) throws {
        (manifest, files, entries) = (container.manifest, container.files, container.tensors.entries)
        contents = try container.tensors.contents()
    }
}
