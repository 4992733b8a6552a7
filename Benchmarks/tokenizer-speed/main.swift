// tokenizer-speed TOKENIZER.json TEXT: how fast a tokenizer is read, encodes and decodes, on one core, best of five.
import Basis
import Glibc
import Tokens

func seconds(_ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
        let start = ContinuousClock.now
        try body()
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        best = min(best, Double(seconds) + Double(attoseconds) * 1e-18)
    }
    return best
}

func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

do {
    guard CommandLine.arguments.count == 3 else { throw Failure("usage: tokenizer-speed TOKENIZER.json TEXT") }
    let json = try MappedFile.contents(CommandLine.arguments[1])
    let text = try MappedFile.contents(CommandLine.arguments[2], limit: 1 << 30)
    var tokenizer = try Tokenizer(json: json)
    let reading = try seconds { tokenizer = try Tokenizer(json: json) }
    var ids: [Int32] = []
    let encoding = seconds { ids = tokenizer.encode(text) }
    var decoded: [UInt8] = []
    let decoding = seconds { decoded = tokenizer.decode(ids) }
    guard decoded == text else { throw Failure("'\(CommandLine.arguments[2])' does not come back") }
    let megabytes = Double(text.count) / 1e6
    print("reading \(rounded(reading * 1000)) ms, \(tokenizer.vocabularySize) tokens")
    print("encoding \(rounded(megabytes / encoding)) MB/s, \(rounded(Double(text.count) / Double(max(ids.count, 1)))) bytes per token")
    print("decoding \(rounded(megabytes / decoding)) MB/s")
} catch {
    var line = "tokenizer-speed: \(error)\n"
    _ = line.withUTF8 { write(2, $0.baseAddress, $0.count) }
    exit(2)
}
