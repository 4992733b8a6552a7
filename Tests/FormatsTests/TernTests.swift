import Basis
import Glibc
import Safetensors
import Tensors
import Tern
import TestFiles
import Testing

@Suite struct TernTests {
    @Test func `what is written is read the same, raw and packed, from files and from streams`() throws {
        let model = TinyModel(), stored = model.stored
        let (raw, rawRoot) = (try model.raw(), try model.root())
        let scratch = try Scratch()
        let inFives = try model.inFives(), raws = [("raw", model, raw), ("fives", inFives, try inFives.raw())]
        for (name, model, bytes) in raws + (try raws.map { ("packed \($0.0)", $0.1, try packed($0.2)) }) {
            let path = try scratch.write(name, bytes)
            let container = try TernContainer(path)
            let digest = try SHA256.digest(of: model.inputs[0])
            #expect(container.manifest.history[0].inputs[0].digest == .known(digest))
            #expect(container.manifest.tensors == model.manifest.tensors)
            #expect(container.manifest.graph == model.manifest.graph)
            #expect(container.files == model.files)
            #expect(container.file("config.json") == model.files[0].bytes)
            #expect(try container.root == model.root() && container.rawRoot == rawRoot)
            #expect(container.tensors.entries.map(\.name) == ["w", "w.scale", "norm"])
            #expect(try container.tensors.contents() == stored)
            for index in 0..<3 { #expect(try container.tensors.withBytes(index) { Array($0) } == stored[index]) }
            #expect(TernContainer.verify(path, ThreadPool(threads: 2)).isEmpty)

            let stream = try TernStream(DripReader(bytes))
            #expect(stream.files == model.files)
            #expect(try stream.contents() == stored)
            #expect(try stream.finish().last == model.root())
        }
    }

    @Test func `a pipe is read as a file is`() throws {
        let model = TinyModel()
        let scratch = try Scratch()
        let expected = try Reading(TernContainer(scratch.write("raw", model.raw())))
        for bytes in [try model.raw(), try packed(model.raw())] {
            let path = "\(scratch.path)/fifo"
            #expect(mkfifo(path, 0o600) == 0)
            defer { unlink(path) }
            let source = try scratch.write("source", bytes)
            let pid = try spawn(["/bin/sh", "-c", "cat '\(source)' > '\(path)'"])
            #expect(try Reading(TernContainer(path)) == expected)
            waitpid(pid, nil, 0)
        }
    }

    @Test(arguments: [false, true])
    func `a large container reads the same alone, side by side, and for any number of threads`(fives: Bool) throws {
        let model = try largeModel()
        let raw = try fives ? model.inFives().raw() : model.raw()
        let one = try packed(raw)
        #expect(try packed(raw, threads: 3, step: 777_777) == one)
        let scratch = try Scratch()
        let path = try scratch.write("x", one)
        let container = try TernContainer(path)
        for index in model.stored.indices.reversed() {
            #expect(try container.tensors.withBytes(index) { $0.elementsEqual(model.stored[index]) })
        }
        for threads in [1, 3] {
            var buffers = model.stored.map { [UInt8](repeating: 7, count: $0.count) }
            let pointers = buffers.indices.map { index in buffers[index].withUnsafeMutableBytes { $0 } }
            // Side by side, as weights are loaded.
            ThreadPool(threads: threads).parallel(pointers.count) { part in
                for index in part { try? container.tensors.read(index, into: pointers[index]) }
            }
            #expect(buffers == model.stored)
        }
        #expect(TernContainer.verify(path, ThreadPool(threads: 2)).isEmpty)
        let stream = try TernStream(DescriptorReader(Descriptor(reading: path)))
        #expect(try stream.contents() == model.stored)
        try stream.finish()
    }

    @Test func `the writer's file is one that zstd and a plain safetensors reader accept`() throws {
        let model = try largeModel()
        let raw = try model.raw()
        let scratch = try Scratch()
        let path = try scratch.write("x.tern", packed(raw))
        guard let (status, output) = try run(["zstd", "-q", "-dc", path], in: scratch) else { return }
        #expect(status == 0)
        #expect(output == raw)
        #expect(try run(["zstd", "-q", "-t", path], in: scratch)?.status == 0)
        let naive = try #require(try NaiveSafetensors(output))
        #expect(naive.tensors.map(\.name).first == "file/config.json")
        #expect(naive.tensors.map(\.name).last == "tern.sha256")
        #expect(naive.tensors.dropFirst().dropLast().map(\.bytes) == model.stored)
        // What the zstd command packs has no seek table, and is read all the same.
        let rawPath = try scratch.write("raw", raw)
        let plain = try #require(try run(["zstd", "-q", "-c", rawPath], in: scratch)).output
        #expect(try Reading(TernContainer(scratch.write("plain", plain))) == Reading(TernContainer(path)))
    }

    @Test func `frames hold 4 MiB at most and begin where large tensors begin and end`() throws {
        let raw = try largeModel().raw()
        let frames = NaiveSeekTable(try packed(raw)).frames, own = 256 << 10
        let naive = try #require(try NaiveSafetensors(raw))
        #expect(frames.map(\.content).reduce(0, +) == raw.count)
        #expect(frames.allSatisfy { $0.content <= 4 << 20 && $0.content > 0 })
        var starts: Set<Int> = [0]
        for frame in frames { starts.insert((starts.max() ?? 0) + frame.content) }
        var at = raw.count - naive.tensors.map(\.bytes.count).reduce(0, +)
        #expect(starts.contains(at))
        for tensor in naive.tensors {
            if tensor.bytes.count >= own { #expect(starts.contains(at) && starts.contains(at + tensor.bytes.count), "\(tensor.name)") }
            at += tensor.bytes.count
        }
    }

    @Test func `the writer checks what it is given`() throws {
        let model = TinyModel()
        let writer = try TernWriter(model.manifest, files: model.files, to: MemorySink())
        #expect(writer.expected?.name == "w")
        #expect(fact { try writer.finish() } == "tensor 'w' lacks 4 of its 4 bytes")
        #expect(fact { try writer.write([1, 2, 3, 4, 5]) } == "tensor 'w' takes 4 bytes, 1 too many were given")
        for bytes in model.stored { try writer.write(bytes) }
        #expect(fact { try writer.write([1]) } == "1 bytes after the last tensor")
        #expect(fact { try writer.finish() } == "0 digests for 1 inputs")
        let cut = try PackedWriter(MemorySink(), pool: ThreadPool(threads: 1))
        try cut.write(Array(try model.raw().dropLast()))
        #expect(fact { try cut.close() }.hasPrefix("the container ends at byte"))
        #expect(fact { try cut.write([0, 0]) } == "the container goes on after its last tensor")
        #expect(fact { _ = try PackedWriter(MemorySink(), level: 20, pool: ThreadPool(threads: 1)) } == "level 20 is not within 1 to 19")
    }
}

/// The seek table, read as the format's page describes it.
struct NaiveSeekTable {
    private(set) var frames: [(packed: Int, content: Int)] = []

    init(_ file: [UInt8]) {
        func word(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[at + $1]) << (8 * $1) } }
        let count = word(file.count - 9)
        for index in 0..<count {
            let at = file.count - 9 - 8 * (count - index)
            frames.append((word(at), word(at + 4)))
        }
    }
}
