import Generation
import Glibc

/// How well a model predicts text. Windows are what is independent of each other.
public struct TextQuality {
    let context: Int
    private(set) var windows: [Window]

    struct Window {
        /// Tokens that were predicted, and the bytes that they stand for.
        var tokens = 0
        var bytes = 0
        /// What they cost, for each way to think.
        var nats: [Double]
    }

    /// Nothing of the sample is predicted yet. `ways` are how many ways there are to think.
    init(_ sample: TextSample, ways: Int) {
        context = sample.context
        let window = Window(nats: [Double](repeating: 0, count: ways))
        windows = [Window](repeating: window, count: (sample.windows.last ?? -1) + 1)
    }

    /// Adds a text's scores, in each way.
    mutating func add(_ scores: [[TokenScore]], of text: ScoredText, in window: Int, _ byteCounts: [Int]?) {
        windows[window].tokens += text.count
        for token in text.tokens[text.start...] { windows[window].bytes += byteCounts?[Int(token)] ?? 0 }
        for (way, scores) in scores.enumerated() { windows[window].nats[way] -= scores.reduce(0) { $0 + $1.logProbability } }
    }

    var tokens: Int { windows.reduce(0) { $0 + $1.tokens } }
    /// 0 where nobody knows.
    var bytes: Int { windows.reduce(0) { $0 + $1.bytes } }

    func natsPerToken(_ way: Int) -> Estimate { Estimate(ratio: windows.map { ($0.nats[way], Double($0.tokens)) }) }

    func perplexity(_ way: Int) -> Estimate {
        let nats = natsPerToken(way), value = exp(nats.value)
        return nats.mapped(to: value, slope: value)
    }

    func bitsPerByte(_ way: Int) -> Estimate? {
        bytes > 0 ? Estimate(ratio: windows.map { ($0.nats[way] / M_LN2, Double($0.bytes)) }) : nil
    }

    /// How much more a token costs than in the first way, window by window.
    func difference(_ way: Int) -> Estimate {
        Estimate(ratio: windows.map { ($0.nats[way] - $0.nats[0], Double($0.tokens)) })
    }
}
