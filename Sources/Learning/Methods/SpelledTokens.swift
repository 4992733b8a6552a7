import Basis
import Tokens

/// Tokens as an option spells them: a text, or `#7#8` for tokens 7 and 8.
public struct SpelledTokens {
    /// One at least.
    public let tokens: [Int32]
    /// The text, unless they were given by number.
    public let text: String?

    public init(_ spelling: String, _ tokenizer: Tokenizer?, vocabulary: Int) throws {
        let numbers = Self.numbers(spelling)
        text = numbers == nil ? spelling : nil
        tokens = numbers ?? tokenizer?.encode(spelling, addingSpecialTokens: false) ?? []
        guard !tokens.isEmpty, tokens.allSatisfy({ (0..<vocabulary).contains(Int($0)) }) else {
            throw Failure("the model has no token for '\(spelling)'")
        }
    }

    /// Of `#7#8`; nil of any other spelling, such as `####`.
    private static func numbers(_ spelling: String) -> [Int32]? {
        guard spelling.hasPrefix("#") else { return nil }
        let parts = spelling.dropFirst().split(separator: "#", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.first?.isNumber == true ? Int32($0) : nil }
        return numbers.count == parts.count ? numbers : nil
    }
}
