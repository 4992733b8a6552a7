// tokenizer-training VOCABULARY MINIMUM TEXT [SPECIAL-TOKEN ..] > tokenizer.json: learns a tokenizer and tells how long it took, on one core.
import Basis
import Glibc
import Tokens

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}

func say(_ line: String) {
    var line = "\(line)\n"
    _ = line.withUTF8 { write(2, $0.baseAddress, $0.count) }
}

do {
    let words = CommandLine.arguments.dropFirst()
    guard words.count >= 3, let size = Int(words[1]), let minimum = Int(words[2]) else {
        throw Failure("usage: tokenizer-training VOCABULARY MINIMUM TEXT [SPECIAL-TOKEN ..]")
    }
    let text = try MappedFile.contents(words[3], limit: 1 << 34)
    var trainer = BPETrainer(vocabulary: size, specialTokens: Array(words.dropFirst(3)), minimumCount: minimum)
    let counting = seconds { trainer.count(text) }
    var json: [UInt8] = []
    let learning = try seconds { json = try trainer.train() }
    say("counting \(Int(counting * 1000)) ms, \((Double(text.count) / counting / 1e5).rounded() / 10) MB/s; learning \(Int(learning * 1000)) ms")
    try json.withUnsafeBytes { try Descriptor(1, name: "standard output", owned: false).write($0) }
} catch {
    say("tokenizer-training: \(error)")
    exit(2)
}
