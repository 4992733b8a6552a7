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

    func raw() throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try TernWriter(manifest, files: files, to: sink)
        for bytes in stored { try writer.write(bytes) }
        try writer.finish(inputs: inputs.map { try SHA256.digest(of: $0) })
        return sink.bytes
    }

    func root() throws -> Digest {
        let writer = try TernWriter(manifest, files: files, to: MemorySink())
        for bytes in stored { try writer.write(bytes) }
        return try writer.finish(inputs: inputs.map { try SHA256.digest(of: $0) })
    }
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
