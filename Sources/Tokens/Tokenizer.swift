import Basis

/// Turns text into a language model's tokens and back, exactly as the Hugging Face tokenizer that its `tokenizer.json` describes.
///
/// BPE (byte-level as GPT-2's, Llama 3's and Qwen's, SentencePiece-style as Llama 2's and Mistral's), unigram models, WordPiece and whole
/// words are known; any other part is refused by name when the file is read. Text is bytes: what is no UTF-8 has tokens too and comes
/// back as it was.
public struct Tokenizer: Sendable {
    package var normalizer = Normalizer()
    var preTokenizer = PreTokenizer()
    package var model: Model
    var decoder = Decoder()
    /// The special tokens around a text.
    var prefix: [Int32] = []
    var suffix: [Int32] = []
    var added: [Int32: AddedToken] = [:]
    /// Added tokens as the text spells them, and as the normalised text does.
    var rawFinder = TokenFinder()
    var normalizedFinder = TokenFinder()
    /// Those of the latter that are special, as they are spelled before it is normalised.
    var specialFinder = TokenFinder()
    /// What each id is decoded to.
    var texts = TokenTexts()

    /// The tokens that tokenizer_config.json names `bos_token` and `eos_token`. Whether `encode` adds the first is said by
    /// tokenizer.json alone.
    public internal(set) var beginOfText: Int32?
    public internal(set) var endOfText: Int32?

    /// One more than the largest id.
    public var vocabularySize: Int { max(model.vocabulary.idEnd, texts.count) }

    /// Whether decoding leaves the token out unless told otherwise.
    public func isSpecial(_ id: Int32) -> Bool { texts.isSpecial(id) }

    /// How the vocabulary spells a token (`Ġthe`, `▁the`, `<0x0A>`); nil if there is no such id.
    public func token(_ id: Int32) -> String? { hasToken(id) ? String(decoding: spelling(id), as: UTF8.self) : nil }

    /// The id of a token as the vocabulary spells it.
    public func id(_ token: String) -> Int32? {
        let bytes = Array(token.utf8)
        return added.values.first { $0.content == bytes }?.id ?? model.vocabulary.id(of: token)
    }

    func hasToken(_ id: Int32) -> Bool { texts.has(id) }

    func spelling(_ id: Int32) -> [UInt8] { added[id]?.content ?? Array(model.vocabulary.token(id) ?? []) }

    /// What the decoder gets: an added token that is looked for in normalised text is normalised itself.
    func spellingToDecode(_ id: Int32) -> [UInt8] {
        guard let token = added[id], token.isNormalized else { return spelling(id) }
        return normalizer.apply(to: token.content)
    }

    func appendText(of id: Int32, to bytes: inout [UInt8]) { texts.append(id, to: &bytes) }
}

/// Encoding and decoding.
extension Tokenizer {
    /// The tokens of a text; special tokens in it are found, those around it (`<s>`) are added unless told otherwise.
    public func encode(_ text: UnsafeBufferPointer<UInt8>, addingSpecialTokens: Bool = true) -> [Int32] {
        var encoding = Encoding(bytes: text.count)
        if addingSpecialTokens { encoding.ids += prefix }
        rawFinder.split(text) { range, id in
            if let id { return encoding.ids.append(id) }
            encodeSegment(Bytes(rebasing: text[range]), startsInput: range.lowerBound == 0, into: &encoding)
        }
        if addingSpecialTokens { encoding.ids += suffix }
        return encoding.ids
    }

    public func encode(_ text: [UInt8], addingSpecialTokens: Bool = true) -> [Int32] {
        text.withUnsafeBufferPointer { encode($0, addingSpecialTokens: addingSpecialTokens) }
    }

    public func encode(_ text: String, addingSpecialTokens: Bool = true) -> [Int32] {
        var text = text
        return text.withUTF8 { encode($0, addingSpecialTokens: addingSpecialTokens) }
    }

    /// A part of the text between added tokens.
    func encodeSegment(_ text: Bytes, startsInput: Bool, _ caution: Caution = .none, into encoding: inout Encoding) {
        guard !normalizer.steps.isEmpty else { return encodeNormalized(text, startsInput: startsInput, caution, into: &encoding) }
        normalizer.apply(to: Array(text)).withUnsafeBufferPointer {
            encodeNormalized($0, startsInput: startsInput && !cutsStart(of: text), caution, into: &encoding)
        }
    }

    /// Whether the normalizer takes off the start of a segment, where a pre-tokenizer cares.
    private func cutsStart(of text: Bytes) -> Bool { preTokenizer.asksForStart && normalizer.cutsStart(of: text) }

    private func encodeNormalized(_ text: Bytes, startsInput: Bool, _ caution: Caution, into encoding: inout Encoding) {
        normalizedFinder.split(text, allowing: caution == .noSpecial ? { token, _ in !token.isSpecial } : nil) { range, id in
            if let id { return encoding.ids.append(id) }
            let part = Bytes(rebasing: text[range])
            preTokenizer.withPieces(of: part, startsInput: startsInput && range.lowerBound == 0) { pieces in
                if caution == .none { encoding.append(pieces, with: model) } else { appendCautiously(pieces, to: &encoding) }
            }
        }
    }

    /// The text of tokens, as bytes. Ids that are no token are left out, special tokens unless told otherwise.
    ///
    /// Bytes that are no UTF-8 come back as they were; Python's tokenizers would show U+FFFD for them.
    public func decode(_ ids: [Int32], skippingSpecialTokens: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.count * 4)
        var text = DecodedText(self, skippingSpecialTokens: skippingSpecialTokens)
        for id in ids { text.append(id, of: self, to: &bytes) }
        text.finish(&bytes, self)
        return bytes
    }
}

/// What each id is decoded to, one after another.
struct TokenTexts: Sendable {
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    private var kinds: [Kind] = []

    enum Kind: UInt8, Sendable { case none, normal, special }

    var count: Int { kinds.count }

    mutating func add(_ text: [UInt8], _ kind: Kind) {
        bytes += text
        starts.append(bytes.count)
        kinds.append(kind)
    }

    func has(_ id: Int32) -> Bool { id >= 0 && Int(id) < kinds.count && kinds[Int(id)] != .none }

    func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < kinds.count && kinds[Int(id)] == .special }

    func append(_ id: Int32, to result: inout [UInt8]) {
        guard has(id) else { return }
        result += bytes[starts[Int(id)]..<starts[Int(id) + 1]]
    }
}
