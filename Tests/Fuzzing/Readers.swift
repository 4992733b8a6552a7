import Basis
import GGUF
import Glibc
import HuggingFace
import Safetensors
import Support
import Tensors
import Tern

extension Fuzzer {
    public static let all = [safetensors, container, fives, packedContainer, manifest, index, ternaryFolder, gguf] + text

    /// More than any seed has; a stream's header may claim any size, and asking for it is the caller's choice.
    private static let largest = 1 << 20

    private static func contents(_ source: any TensorSource) throws -> [[UInt8]] {
        try source.entries.indices.map { index in
            guard source.entries[index].byteCount <= largest else { throw Failure("too large to try") }
            return try source.withBytes(index) { Array($0) }
        }
    }

    static func expect(_ holds: Bool, _ what: String) throws {
        guard holds else { throw Finding(description: what) }
    }

    static let safetensors = Fuzzer(
        name: "safetensors",
        read: { input, workplace in
            let path = try workplace.write("input", input)
            let stream = try SafetensorsStream(DescriptorReader(Descriptor(reading: path)))
            let streamed = Result { () throws -> [[UInt8]] in
                let contents = try contents(stream)
                try stream.finish()
                return contents
            }
            let file = try SafetensorsFile(MappedFile(path))
            try expect(try contents(file) == streamed.get(), "the file and the stream differ")
            try expect(try contents(SafetensorsFile(Descriptor(reading: path))) == streamed.get(), "positioned reads differ")
            try expect(try SafetensorsHeader(entries: file.entries, metadata: file.header.metadata) == file.header, "the header differs")
        },
        seeds: { [try Samples.safetensors(), try Samples.raw()] }, mend: Samples.mendLength)

    private static let readContainer: @Sendable ([UInt8], Workplace) throws -> Void = { input, workplace in
        let path = try workplace.write("input", input)
        let streamed = Result { () throws -> [[UInt8]] in
            let stream = try TernStream(DescriptorReader(Descriptor(reading: path)))
            let contents = try contents(stream)
            try stream.finish()
            return contents
        }
        let container = try TernContainer(path)
        let tensors = try contents(container.tensors)
        guard container.root != nil else { return }
        // Content can be read without the seek table and the root of the raw form, damage to which only verifying tells.
        let problems = TernContainer.verify(path, ThreadPool(threads: 1)).filter { problem in
            !["the seek table", "the root of the raw form"].contains { problem.description.contains($0) }
        }
        try expect(problems.isEmpty, "a container that reads well does not verify")
        try expect(try tensors == streamed.get(), "the file and the stream differ")
    }

    static let container = Fuzzer(
        name: "tern raw", read: readContainer, seeds: { [try Samples.raw()] }, mend: Samples.mendDigests)

    static let fives = Fuzzer(
        name: "tern fives", read: readContainer, seeds: { [try Samples.fives()] }, mend: Samples.mendDigestsOfFives)

    static let packedContainer = Fuzzer(
        name: "tern packed", read: readContainer,
        seeds: {
            [
                try Samples.packed(Samples.raw()), Array(try Samples.packed(Samples.raw()).dropLast(33)), try Samples.packed(Samples.fives()),
            ]
        },
        mend: { $0 })

    /// A folder with matrices that are ternary already.
    static let ternaryFolder = Fuzzer(
        name: "ternary folder",
        read: { input, workplace in
            _ = try workplace.write("config.json", Array(#"{"quantization_config": {"quant_method": "bitnet"}}"#.utf8))
            _ = try workplace.write("model.safetensors", input)
            unlink("\(workplace.folder)/model.safetensors.index.json")
            guard let tensors = try HuggingFaceFormat.open(workplace.folder, ThreadPool(threads: 1))?.tensors else { return }
            for (entry, bytes) in zip(tensors.entries, try contents(tensors)) where tensors.index(of: entry.name + ".scale") != nil {
                try expect(bytes.allSatisfy { $0 & $0 >> 1 & 0x55 == 0 }, "a code that is no trit")
            }
        },
        seeds: { [try Samples.packedMatrices()] }, mend: Samples.mendLength)

    static let manifest = Fuzzer(
        name: "manifest",
        read: { input, _ in
            let manifest = try Manifest(parsing: input)
            try expect(try Manifest(manifest.json) == manifest, "the manifest changes when it is printed and read")
            try expect(try Manifest(parsing: Array(manifest.json.pretty.utf8)) == manifest, "the manifest changes when it is indented")
        },
        seeds: { [Array(try Samples.manifest().utf8)] }, mend: { $0 })

    static let index = Fuzzer(
        name: "index",
        read: { input, workplace in
            _ = try workplace.write("config.json", Array("{}".utf8))
            _ = try workplace.write("a.safetensors", Samples.safetensors())
            _ = try workplace.write("model.safetensors.index.json", input)
            try expect(try contents(HuggingFaceFolder(workplace.folder)).count == 3, "an index with other tensors is accepted")
        },
        seeds: {
            let map = #"{"a": "a.safetensors", "b": "a.safetensors", "c": "a.safetensors"}"#
            return [Array(#"{"metadata": {"total_size": 9}, "weight_map": \#(map)}"#.utf8)]
        },
        mend: { $0 })

    /// A file has no digests: damage to its numbers is read as other numbers, twice the same.
    static let gguf = Fuzzer(
        name: "gguf",
        read: { input, workplace in
            let path = try workplace.write("input", input), pool = ThreadPool(threads: 1)
            guard let model = try GGUFFormat.open(path, pool) else { throw Failure("no GGUF") }
            let first = try contents(model.tensors)
            guard let again = try GGUFFormat.open(path, pool) else { throw Failure("no GGUF") }
            try expect(try contents(again.tensors) == first, "a second reading differs")
        },
        seeds: {
            [TernaryLayout.q2x0of64, .iq1bn, .iq2bnR4].map { layout in
                var sample = GGUFSample(layout, architecture: "llama", width: 64, layers: 1)
                sample.addTokens()
                return sample.writer.bytes
            }
        },
        mend: { $0 })
}
