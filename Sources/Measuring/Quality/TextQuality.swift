import Generation
import Glibc

/// How well a model predicts text. Windows are what is independent of each other.
public struct TextQuality {
    let context: Int
    private(set) var windows: [Window]

    struct Window {
        /// Tokens that were predicted, the bytes that they stand for, and the words that begin in these.
        var tokens = 0
        var bytes = 0
        var words = 0
        /// What they cost, in each way.
        var nats: [Double]
        /// KL(reference || model), and on how many tokens both hold the same for the likeliest; 0 without a reference.
        var divergence = 0.0
        var agreements = 0
    }

    /// Nothing of the sample is predicted yet. `ways` are how many ways there are.
    init(_ sample: TextSample, ways: Int) {
        context = sample.context
        let window = Window(nats: [Double](repeating: 0, count: ways))
        windows = [Window](repeating: window, count: (sample.windows.last ?? -1) + 1)
    }

    /// Adds a text's scores, in each way.
    mutating func add(_ scores: [[TokenScore]], of text: ScoredText, in window: Int, _ tokenTexts: [TokenText]?) {
        windows[window].tokens += text.count
        if let tokenTexts {
            for place in text.start..<text.start + text.count {
                let token = tokenTexts[Int(text.tokens[place])]
                windows[window].bytes += token.bytes
                windows[window].words += token.words(after: tokenTexts[Int(text.tokens[place - 1])])
            }
        }
        for (way, scores) in scores.enumerated() { windows[window].nats[way] -= scores.reduce(0) { $0 + $1.logProbability } }
    }

    /// Adds a text's scores by the reference and by the model.
    mutating func add(_ pairs: [PairScore], of text: ScoredText, in window: Int, _ tokenTexts: [TokenText]?) {
        add([pairs.map(\.reference), pairs.map(\.model)], of: text, in: window, tokenTexts)
        windows[window].divergence += pairs.reduce(0) { $0 + $1.divergence }
        windows[window].agreements += pairs.count { $0.agrees }
    }

    var tokens: Int { windows.reduce(0) { $0 + $1.tokens } }
    /// 0 where nobody knows.
    var bytes: Int { windows.reduce(0) { $0 + $1.bytes } }
    var words: Int { windows.reduce(0) { $0 + $1.words } }

    func natsPerToken(_ way: Int) -> Estimate { Estimate(ratio: windows.map { ($0.nats[way], Double($0.tokens)) }) }

    func perplexity(_ way: Int) -> Estimate { natsPerToken(way).exponential }

    func bitsPerByte(_ way: Int) -> Estimate? {
        bytes > 0 ? Estimate(ratio: windows.map { ($0.nats[way] / M_LN2, Double($0.bytes)) }) : nil
    }

    func bytePerplexity(_ way: Int) -> Estimate? {
        bytes > 0 ? Estimate(ratio: windows.map { ($0.nats[way], Double($0.bytes)) }).exponential : nil
    }

    func wordPerplexity(_ way: Int) -> Estimate? {
        words > 0 ? Estimate(ratio: windows.map { ($0.nats[way], Double($0.words)) }).exponential : nil
    }

    /// How much more a token costs than in the first way, window by window.
    func difference(_ way: Int) -> Estimate {
        Estimate(ratio: windows.map { ($0.nats[way] - $0.nats[0], Double($0.tokens)) })
    }

    /// The mean of KL(reference || model) over the tokens, in nats.
    var divergence: Estimate { Estimate(ratio: windows.map { ($0.divergence, Double($0.tokens)) }) }

    /// The share of tokens for which both hold the same for the likeliest.
    var agreement: Estimate { Estimate(ratio: windows.map { (Double($0.agreements), Double($0.tokens)) }) }
}

extension Estimate {
    fileprivate var exponential: Estimate { mapped(to: exp(value), slope: exp(value)) }
}
