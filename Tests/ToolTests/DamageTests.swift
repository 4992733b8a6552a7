import Basis
import Safetensors
import Support
import TestFiles
import Testing

/// pack --test finds every damage.
@Suite struct DamageTests {
    @Test(arguments: Made.all) func `what is sound passes in every form`(_ made: Made) throws {
        for model in [made.raw, made.packed, made.manifest] {
            let outcome = try run("pack", ["--test", model])
            expectDone(outcome)
            #expect(outcome.errors == "")
        }
        let json = try JSON(parsing: run("pack", ["--test", "--json", made.packed]).output)
        #expect(json == ["sound": true, "problems": []])
        try expectDone(run("pack", ["--test"], input: .file(made.packed)))
        try expectDone(shell("cat '\(made.packed)' | pack --test -"))
    }

    /// Where each tensor of the raw container lies.
    private static func places(_ raw: String) throws -> (start: Int, [(name: String, range: Range<Int>)]) {
        let file = try SafetensorsFile(MappedFile(raw))
        let places = file.entries.enumerated().map { index, entry in
            (entry.name, file.dataStart + file.header.offsets[index]..<file.dataStart + file.header.offsets[index + 1])
        }
        return (file.dataStart, places)
    }

    private static func flipped(_ bytes: [UInt8], _ at: Int, _ number: Int) -> [UInt8] {
        var copy = bytes
        copy[at] ^= 1 << UInt8(number % 8)
        return copy
    }

    @Test func `a flipped bit of a raw container is found, and its tensor named`() throws {
        let made = try Made.tiny, scratch = try Scratch(), whole = try bytes(of: made.raw)
        let (start, places) = try Self.places(made.raw)
        // One in each tensor, and some in the header.
        let spots = places.enumerated().map { number, place in place.range.lowerBound + (7919 * number) % max(1, place.range.count) }
            + stride(from: 0, to: start, by: start / 40)
        for (number, spot) in spots.enumerated() {
            let path = try scratch.write("x", Self.flipped(whole, spot, number))
            let outcome = try run("pack", ["--test", path])
            let name = places.first { $0.range.contains(spot) }?.name
            expectRefused(outcome, "pack", status: 1, name.map { "tensor '\($0)'" } ?? path, "byte \(spot)")
        }
    }

    /// Compressed data has bits that mean nothing: where one of them is flipped, every byte of the content is still as it was written.
    @Test func `a flipped bit of a packed container is found unless it changes nothing`() throws {
        let made = try Made.tiny, scratch = try Scratch(), whole = try bytes(of: made.packed), raw = try bytes(of: made.raw)
        let table = whole.count - 9 - 2 * 8 - 8
        let spots = Array(stride(from: 0, to: table, by: table / 100)) + (0..<60) + (table..<whole.count)
        var harmless = 0
        for (number, spot) in spots.enumerated() {
            let path = try scratch.write("x", Self.flipped(whole, spot, number))
            let outcome = try run("pack", ["--test", path])
            if spot < table, outcome.status == 0, try run("pack", ["--unpack", path]).output == raw {
                harmless += 1
                continue
            }
            #expect(outcome.status == 1 && !outcome.errors.isEmpty, "byte \(spot): \(outcome.status ?? -1) \(outcome.errors)")
            #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("pack: ") && $0.contains(path) })
        }
        #expect(harmless < 5)
    }

    @Test func `a damaged frame of a packed container is told by a tensor that lies in it`() throws {
        let made = try Made.tiny, scratch = try Scratch(), whole = try bytes(of: made.packed)
        let path = try scratch.write("x", Self.flipped(whole, whole.count / 2, 3))
        try expectRefused(run("pack", ["--test", path]), "pack", status: 1, "' is damaged")
        let json = try JSON(parsing: run("pack", ["--test", "--json", path]).output)
        #expect(json["sound"] == false && json["problems"]?.arrayValue?.first?["tensor"]?.stringValue != nil)
    }

    @Test func `nobody works with a damaged container`() throws {
        let made = try Made.tiny, scratch = try Scratch(), whole = try bytes(of: made.raw)
        let place = try #require(try Self.places(made.raw).1.first { $0.name == "lm_head.weight" }).range
        let path = try scratch.write("x", Self.flipped(whole, place.lowerBound + 99, 0))
        let target = ["-o", scratch.file("y")]
        let uses: [(String, [String])] = [
            ("infer", [path, "hello"]), ("quantize", [path] + target), ("pack", [path] + target), ("pack", ["--unpack", path] + target),
        ]
        for (program, arguments) in uses {
            try expectRefused(run(program, arguments), program, "tensor 'lm_head.weight'", "\(program) \(arguments)")
        }
        #expect(names(in: scratch.path) == ["x"])
    }
}
