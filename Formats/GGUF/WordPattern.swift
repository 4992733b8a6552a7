import Basis

/// How a byte-level tokenizer cuts text into words, by the name that llama.cpp's converters give the way.
struct WordPattern {
    /// `pre_tokenizer` of tokenizer.json.
    let json: JSON
    var ignoresMerges = false
    /// Whether the begin of text comes first where the file does not say.
    var begins = false

    static func of(_ name: String) -> WordPattern? {
        switch name {
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral":
            WordPattern(json: split(cl100k(numbers: #"\p{N}{1,3}"#)), ignoresMerges: true, begins: true)
        case "smaug-bpe", "dbrx": WordPattern(json: split(cl100k(numbers: #"\p{N}{1,3}"#)))
        case "qwen2", "deepseek-r1-qwen", "megrez": WordPattern(json: split(cl100k(numbers: #"\p{N}"#)))
        case "chatglm-bpe", "glm4": WordPattern(json: split(cl100k(numbers: #"\p{N}{1,3}"#)))
        case "gpt-4o", "llama4": WordPattern(json: split(o200k))
        case "deepseek-v3": WordPattern(json: split(#"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", deepSeek3))
        case "gpt-2", "mpt", "olmo", "jais", "phi-2": WordPattern(json: byteLevel(words: true))
        case "starcoder", "refact", "smollm", "command-r", "codeshell":
            WordPattern(json: ["type": "Sequence", "pretokenizers": [digits, byteLevel(words: true)]])
        default: nil
        }
    }

    private static let digits: JSON = ["type": "Digits", "individual_digits": true]

    private static func byteLevel(words: Bool) -> JSON {
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": .bool(words)]
    }

    private static func split(_ patterns: String...) -> JSON {
        let splits: [JSON] = patterns.map { regex in
            ["type": "Split", "pattern": ["Regex": .string(regex)], "behavior": "Isolated", "invert": false]
        }
        return ["type": "Sequence", "pretokenizers": .array(splits + [byteLevel(words: false)])]
    }

    /// GPT-4o's: words by their case.
    private static let o200k =
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
        + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
        + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static let deepSeek3 =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
        + #"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static func cl100k(numbers: String) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
}
