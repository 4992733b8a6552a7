/// The texts of a pass, those that other processes have too: what its means are taken over.
package struct WholePass {
    let lengths: [Int]

    package init(lengths: [Int]) { self.lengths = lengths }

    /// Tokens that are followed by one `ahead` tokens later.
    func followed(ahead: Int) -> Int { lengths.reduce(0) { $0 + max(0, $1 - ahead) } }

    /// Tokens of each text behind which thoughts are judged: all but the last ones of the longest text, as the original code cuts them.
    func judged(ahead: Int) -> Int { max(0, (lengths.max() ?? 0) - 1 - ahead) }
}
