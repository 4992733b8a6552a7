import Basis
import Glibc
import TestFiles
import Testing

/// Writes a file as programs do.
private func saved(_ scratch: Scratch, _ name: String, _ bytes: [UInt8]) throws -> String {
    let sink = try Output.open("\(scratch.path)/\(name)")
    try sink.write(bytes)
    try sink.close()
    return "\(scratch.path)/\(name)"
}

@Suite struct FilesTests {
    @Test func `a file written is read back the same, mapped and in order`() throws {
        let scratch = try Scratch()
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = try saved(scratch, "a", content)
        #expect(try MappedFile(path).withBytes { Array($0) } == content)
        #expect(try Input.open(path).reader.readExactly("a", count: content.count) == content)
        #expect(try MappedFile.contents(path) == content)
        #expect(scratch.contents == ["a"])
    }

    @Test func `an empty file maps to no bytes`() throws {
        let scratch = try Scratch()
        #expect(try MappedFile(saved(scratch, "empty", [])).withBytes { $0.isEmpty })
    }

    @Test func `what cannot be opened says why`() throws {
        let scratch = try Scratch()
        #expect(fact { _ = try MappedFile("\(scratch.path)/no") } == "cannot open '\(scratch.path)/no': no such file or directory")
        #expect(fact { _ = try MappedFile(scratch.path) } == "cannot open '\(scratch.path)': is a directory")
        #expect(fact { _ = try Input.open(scratch.path) } == "cannot open '\(scratch.path)': is a directory")
        #expect(fact { _ = try MappedFile("/dev/null") } == "cannot map '/dev/null': not a regular file")
        #expect(fact { _ = try Output.open(scratch.path) } == "cannot write to '\(scratch.path)': is a directory")
        #expect(fact { _ = try Output.open("/nowhere/x") } == "cannot create '/nowhere/x': no such file or directory")
    }

    @Test(.enabled(if: geteuid() != 0)) func `a file without permission says so`() throws {
        let scratch = try Scratch()
        let path = try saved(scratch, "secret", [1])
        chmod(path, 0)
        #expect(fact { _ = try MappedFile(path) } == "cannot open '\(path)': permission denied")
    }

    @Test(arguments: [true, false]) func `a file that is not closed leaves nothing and keeps the old one`(unnamed: Bool) throws {
        let scratch = try Scratch()
        let path = try saved(scratch, "a", [1, 2, 3])
        do {
            let file = try AtomicFile(path, unnamed: unnamed)
            try file.write([UInt8](repeating: 9, count: 100_000))
        }
        #expect(scratch.contents == ["a"])
        #expect(try MappedFile.contents(path) == [1, 2, 3])
    }

    @Test(arguments: [true, false]) func `a file that is closed replaces the old one whole`(unnamed: Bool) throws {
        let scratch = try Scratch()
        let path = try saved(scratch, "a", [1, 2, 3])
        let file = try AtomicFile(path, unnamed: unnamed)
        try file.write([9])
        #expect(try MappedFile.contents(path) == [1, 2, 3])
        try file.close()
        #expect(try MappedFile.contents(path) == [9])
        #expect(scratch.contents == ["a"])
    }

    @Test func `a file is replaced through a link, which stays`() throws {
        let scratch = try Scratch()
        let path = try saved(scratch, "a", [1])
        symlink(path, "\(scratch.path)/link")
        _ = try saved(scratch, "link", [2])
        #expect(try MappedFile.contents(path) == [2])
    }

    @Test func `a full disk is noticed`() throws {
        for size in [1, 1 << 20] {
            #expect(fact {
                let sink = try Output.open("/dev/full")
                try sink.write([UInt8](repeating: 0, count: size))
                try sink.close()
            } == "cannot write to '/dev/full': no space left on device")
        }
    }

    @Test func `a device is written to, not replaced`() throws {
        let sink = try Output.open("/dev/null")
        try sink.write([1])
        try sink.close()
        #expect(try Descriptor(reading: "/dev/null").status().kind == .other)
    }

    @Test func `a closed pipe is a failure`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        let sink = DescriptorSink(Descriptor(ends[1], name: "standard output", owned: true))
        try sink.write([1])
        #expect(fact { try sink.close() } == "cannot write to 'standard output': broken pipe")
    }

    @Test func `a short stream says what was cut`() throws {
        let scratch = try Scratch()
        let reader = try MemoryReader(MappedFile(saved(scratch, "a", [1, 2, 3])))
        #expect(fact { _ = try reader.readExactly("the header", count: 1 << 40) }
            == "'\(scratch.path)/a': the header is cut short: 3 of \(1 << 40) bytes")
    }

    @Test func `bytes put back come first`() throws {
        let scratch = try Scratch()
        let rest = try MemoryReader(MappedFile(saved(scratch, "a", [3, 4, 5])))
        #expect(try PrefixedReader([1, 2], rest).readAll(limit: 10) == [1, 2, 3, 4, 5])
    }
}

@Suite struct SHA256Tests {
    @Test func `SHA-256 gives the standard's examples`() throws {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(try SHA256.digest(of: []).hex == empty)
        #expect(try SHA256.digest(of: Array("abc".utf8)).hex == abc)
        let hash = try SHA256()
        for byte in "abc".utf8 { try [byte].withUnsafeBytes { try hash.update($0) } }
        #expect(try hash.finish().hex == abc)
        #expect(try hash.finish().hex == empty)
    }

    @Test func `a digest's text is read back, and nothing else is`() throws {
        let digest = try SHA256.digest(of: [])
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == nil)
        #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(Digest([1, 2]) == nil)
    }
}
