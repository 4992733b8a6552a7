import Basis
import Safetensors
import Tensors

/// A file of documents: text, which is one document; JSON lines (`.jsonl`), each an object with `text` or `tokens`; or a safetensors file
/// whose tensor `tokens` holds a document of integers.
///
/// The end of every file is held out: of a text the share's last bytes from a line on, of JSON lines the last lines, of tokens the last
/// tokens.
public struct Corpus {
    public enum Part: CaseIterable, Sendable { case training, heldOut }

    public enum Document {
        /// Valid for the call only.
        case text(UnsafeBufferPointer<UInt8>)
        case tokens([Int32])
    }

    private enum Kind { case text, lines, tokens(SafetensorsFile, Int) }

    private let file: MappedFile
    private let kind: Kind
    /// Where the part begins that is held out, in bytes or tokens.
    private let cut: Int

    /// `heldOut` is the share that is held out, 0 to 1.
    public init(_ path: String, heldOut share: Double) throws {
        file = try MappedFile(path)
        guard !file.bytes.isEmpty else { throw Failure("'\(path)' is empty") }
        kind = try Corpus.kind(of: file)
        switch kind {
        case .tokens(let tensors, let index): cut = Corpus.place(share, tensors.entries[index].elementCount)
        case .text, .lines: cut = Corpus.lineStart(in: file.bytes, from: Corpus.place(share, file.bytes.count))
        }
    }

    private static func place(_ share: Double, _ count: Int) -> Int { count - Int(Double(count) * share) }

    /// The start of the next line, `place` included.
    private static func lineStart(in bytes: UnsafeRawBufferPointer, from place: Int) -> Int {
        guard place > 0, place < bytes.count else { return place }
        return bytes[(place - 1)...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
    }

    private static func kind(of file: MappedFile) throws -> Kind {
        if file.name.hasSuffix(".jsonl") { return .lines }
        // The length of a safetensors header ends in zeros, which no text begins with.
        guard file.bytes.count > 8, file.bytes[7] == 0, file.bytes[8] == 0x7B else { return .text }
        let tensors = try SafetensorsFile(file)
        guard let index = tensors.index(of: "tokens"), [.int32, .int64].contains(tensors.entries[index].element) else {
            throw Failure("'\(file.name)' has no tensor 'tokens' of integers")
        }
        return .tokens(tensors, index)
    }

    /// Calls `take` with the documents of a part, in order.
    public func each(_ part: Part, _ take: (Document) throws -> Void) throws {
        try naming(file.name) {
            switch kind {
            case .text: try eachText(part, take)
            case .lines: try lines(part) { try line($0, take) }
            case .tokens(let tensors, let index):
                let range = range(part, of: tensors.entries[index].elementCount)
                try take(.tokens(Corpus.tokens(tensors, index, range)))
            }
        }
    }

    private func range(_ part: Part, of count: Int) -> Range<Int> { part == .training ? 0..<cut : cut..<count }

    private func eachText(_ part: Part, _ take: (Document) throws -> Void) throws {
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range(part, of: file.bytes.count)])
        if let place = bytes.firstIndex(of: 0) { throw Failure("byte \(place + range(part, of: 0).lowerBound) is 0: this is no text") }
        if !bytes.isEmpty { try take(.text(bytes.bindMemory(to: UInt8.self))) }
    }
}

// JSON lines and tokens.
extension Corpus {
    /// Calls `take` with the lines of a part that are not empty, in order.
    public func eachLine(_ part: Part, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try naming(file.name) {
            guard case .lines = kind else { throw Failure("holds no JSON lines: its name does not end in '.jsonl'") }
            try lines(part, take)
        }
    }

    private func lines(_ part: Part, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let range = range(part, of: file.bytes.count)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = file.bytes[start..<range.upperBound].firstIndex(of: 0x0A) ?? range.upperBound
            let line = UnsafeRawBufferPointer(rebasing: file.bytes[start..<end])
            if line.contains(where: { $0 > 0x20 }) { try placing("the line at byte \(start)") { try take(line) } }
            file.release(start..<end)
            start = end + 1
        }
    }

    private func line(_ bytes: UnsafeRawBufferPointer, _ take: (Document) throws -> Void) throws {
        let json = try JSON(parsing: bytes)
        if var text = json["text"]?.stringValue { return try text.withUTF8 { try take(.text($0)) } }
        let tokens = json["tokens"]?.arrayValue?.compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
        guard let tokens, tokens.count == json["tokens"]?.arrayValue?.count else { throw Failure("has neither 'text' nor 'tokens'") }
        try take(.tokens(tokens))
    }

    private static func tokens(_ file: SafetensorsFile, _ index: Int, _ range: Range<Int>) throws -> [Int32] {
        try file.withBytes(index) { bytes in
            try range.map { place in
                if file.entries[index].element == .int32 { return bytes.loadUnaligned(fromByteOffset: 4 * place, as: Int32.self) }
                let token = bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
                guard let token = Int32(exactly: token) else { throw Failure("token \(token) is outside any vocabulary") }
                return token
            }
        }
    }
}
