import Basis

/// What makes tokens of the pieces of a text: `model` of tokenizer.json.
package enum Model: Sendable {
    case bpe(BPE)
    case unigram(Unigram)
    case wordPiece(WordPiece)
    case wordLevel(WordLevel)

    var vocabulary: Vocabulary {
        switch self {
        case .bpe(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .wordLevel(let model): model.vocabulary
        }
    }

    /// The token of what is unknown, if there is one.
    var unknown: Int32? {
        switch self {
        case .bpe(let model): model.firstSymbols.unknown
        case .unigram(let model): model.unknown
        case .wordPiece(let model): model.unknown
        case .wordLevel(let model): model.unknown
        }
    }

    /// The model if it is BPE.
    package var bpe: BPE? {
        get { if case .bpe(let model) = self { model } else { nil } }
        set { if let newValue { self = .bpe(newValue) } }
    }

    init(reading json: JSON?, isByteLevel: Bool) throws {
        guard let object = json?.objectValue else { throw Failure("there is no model") }
        let type = object["type"]?.stringValue ?? (object["merges"] == nil ? "without a type" : "BPE")
        switch type {
        case "BPE": self = .bpe(try BPE(reading: object, isByteLevel: isByteLevel))
        case "Unigram": self = .unigram(try Unigram(reading: object, isByteLevel: isByteLevel))
        case "WordPiece": self = .wordPiece(try WordPiece(reading: object, isByteLevel: isByteLevel))
        case "WordLevel": self = .wordLevel(try WordLevel(reading: object, isByteLevel: isByteLevel))
        default: throw Failure("model '\(type)' is not supported")
        }
    }
}

/// A model other than BPE: a piece's tokens follow from its characters alone.
protocol PieceModel {
    /// Appends the tokens of the piece `range` of `text`.
    func append(_ text: Bytes, _ range: Range<Int>, to ids: inout [Int32], _ scratch: inout PieceScratch)
}

/// What such a model writes down while it works; kept from piece to piece to save allocations.
struct PieceScratch {
    var paths: [Unigram.Path] = []
    var cuts: [Unigram.Cut] = []
}

