import Basis
import Testing
import Tokens

/// A damaged tokenizer is refused or works; it never stops the program.
@Suite struct FuzzTests {
    @Test(arguments: Golden.all) func aCutFileIsRefused(name: String) throws {
        let bytes = try Golden.bytes("\(name)/tokenizer.json")
        for count in stride(from: 0, to: bytes.count - 2, by: 997) {
            #expect(throws: Failure.self) { try Tokenizer(json: Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: Golden.all) func aDamagedFileIsRefusedOrWorks(name: String) throws {
        let accepted = try fuzzTokenizer(name, rounds: 300, seed: 6)
        #expect((1..<300).contains(accepted))
    }
}

/// Damages a golden tokenizer `rounds` times in a few places, mostly outside its vocabulary, and uses what is accepted. Gives how
/// many were.
func fuzzTokenizer(_ name: String, rounds: Int, seed: UInt64) throws -> Int {
    let bytes = try Golden.bytes("\(name)/tokenizer.json")
    var noise = Noise(seed)
    var accepted = 0
    for _ in 0..<rounds {
        guard let tokenizer = try? Tokenizer(json: damaged(bytes, &noise)) else { continue }
        accepted += 1
        let ids = tokenizer.encode(noise.text(200)) + [-1, .max, .min]
        _ = tokenizer.decode(ids)
        var stream = StreamDecoder(tokenizer)
        _ = ids.flatMap { stream.push($0) } + stream.finish()
    }
    return accepted
}

private func damaged(_ bytes: [UInt8], _ noise: inout Noise) -> [UInt8] {
    var bytes = bytes
    let words = ["0", "-1", "true", "false", "null", "[]", "{}", "\"\"", "99999999999", "1e9", "\" \"", ",", "\"Removed\"", "▁"]
    for _ in 0..<Int.random(in: 1...4, using: &noise) {
        let limit = Bool.random(using: &noise) ? min(3500, bytes.count) : bytes.count
        let at = Int.random(in: 0..<limit, using: &noise)
        switch Int.random(in: 0..<4, using: &noise) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &noise)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: (words.randomElement(using: &noise) ?? "").utf8, at: at)
        default: replaceValue(&bytes, at, words.randomElement(using: &noise) ?? "")
        }
    }
    return bytes
}

/// Puts `word` in place of the value after the next colon.
private func replaceValue(_ bytes: inout [UInt8], _ start: Int, _ word: String) {
    guard let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) else { return }
    let stops = Set(",}]".utf8)
    let end = bytes[(colon + 1)...].firstIndex { stops.contains($0) } ?? bytes.count
    bytes.replaceSubrange((colon + 1)..<end, with: word.utf8)
}
