import Basis
import Testing
import Tokens

/// Files that are wrong, or ask for what is not there, are refused by name.
@Suite struct RefusalTests {
    private func refusal(_ path: String, _ value: JSON?) throws -> String {
        let json = try JSON(parsing: Golden.bytes("mistral-tiny/tokenizer.json")).setting(path, to: value)
        do {
            _ = try Tokenizer(json: Array(json.compact.utf8))
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func unsupportedPartsAreNamed() throws {
        let cases: [(String, JSON?, String)] = [
            ("model/type", "Unigram", "the model has no array 'vocab'"),
            ("model/type", "Trigram", "model 'Trigram' is not supported"),
            ("model/dropout", 0.1, "model 'BPE' with 'dropout' is not supported"),
            ("model/continuing_subword_prefix", "##", "model 'BPE' with 'continuing_subword_prefix' is not supported"),
            ("model/end_of_word_suffix", "</w>", "model 'BPE' with 'end_of_word_suffix' is not supported"),
            ("normalizer", ["type": "NFX"], "normalizer 'NFX' is not supported"),
            ("normalizer/normalizers/1/pattern", ["Regex": "\\s*"],
             "normalizer 'Replace': a regular expression that may match nothing is not supported"),
            ("normalizer", ["type": "Precompiled",
            "precompiled_charsmap": "x"], "normalizer 'Precompiled': 'precompiled_charsmap' is no base64"),
            ("normalizer", ["type": "Precompiled",
            "precompiled_charsmap": "AAAA"], "normalizer 'Precompiled': 'precompiled_charsmap' is cut short"),
            ("normalizer", ["type": "Precompiled",
            "precompiled_charsmap": "BAEAAAAA"], "normalizer 'Precompiled': 'precompiled_charsmap' has no trie"),
            ("pre_tokenizer", ["type": "UnicodeScripts"], "pre_tokenizer 'UnicodeScripts' is not supported"),
            ("pre_tokenizer", ["type": "Split", "pattern": ["Regex": "(?<n>a)"], "behavior": "Isolated", "invert": false],
             "pre_tokenizer 'Split': the regular expression '(?<n>a)': the group '(?<n' is not supported"),
            ("pre_tokenizer", ["type": "Split", "pattern": ["String": ""], "behavior": "Isolated", "invert": false],
             "pre_tokenizer 'Split': an empty pattern is not supported"),
            ("decoder", ["type": "CTC"], "decoder 'CTC' is not supported"),
            ("decoder/decoders/3/type", "Metaspace", "decoder 'Metaspace': its place after decoders that join tokens is not supported"),
            ("post_processor", ["type": "BertProcessing"], "post_processor 'BertProcessing' has no token 'cls'"),
            ("post_processor", ["type": "Processing"], "post_processor 'Processing' is not supported"),
            ("post_processor/single/1/Sequence/id", "B",
             "post_processor 'TemplateProcessing': a template with more than one text is not supported"),
            ("version", "2.0", "tokenizer version '2.0' is not supported"),
        ]
        for (path, value, message) in cases { #expect(try refusal(path, value) == message, "\(path)") }
    }

    @Test func wrongVocabulariesAreNamed() throws {
        let cases: [(String, JSON?, String)] = [
            ("model", nil, "there is no model"),
            ("model/vocab", [1, 2], "the model has no object 'vocab'"),
            ("model/vocab/new", "x", "token 'new' has no whole number as its id"),
            ("model/vocab/new", -1, "token 'new' has the negative id -1"),
            ("model/vocab/new", 5, "tokens '<0x02>' and 'new' have the same id 5"),
            ("model/vocab/new", 9_000_000_000, "token 'new' has the id 9000000000, far beyond a vocabulary of 1025"),
            ("model/vocab/new", 2_000_000_000, "token 'new' has the id 2000000000, far beyond a vocabulary of 1025"),
            ("model/merges", "x", "the model has no array 'merges'"),
            ("model/merges/0", 7, "merge 0 is not a pair of tokens"),
            ("model/merges/12", "x y z", "merge 12 is not a pair of tokens"),
            ("model/merges/12", ["x"], "merge 12 is not a pair of tokens"),
            ("model/merges/12", "x 世", "merge 12 needs token '世', which the vocabulary lacks"),
            ("model/merges/12", ["▁the", "▁the"], "merge 12 needs token '▁the▁the', which the vocabulary lacks"),
            ("added_tokens/1/id", 99_999_999, "token '<s>' has the id 99999999, far beyond a vocabulary of 1027"),
            ("added_tokens/1/id", 2, "added token '<s>' has the id 2, in the vocabulary 1"),
            ("added_tokens/1/content", "</s>", "added token '</s>' has the id 1, in the vocabulary 2"),
            ("added_tokens/1/content", "new", "added token 'new' has the id of token '<s>'"),
            ("added_tokens/1/content", nil, "added token 1 has no content"),
            ("post_processor/special_tokens/<s>/ids/0", 70000, "post_processor 'TemplateProcessing' gives '<s>' an id that no token has"),
            ("post_processor/special_tokens", nil, "post_processor 'TemplateProcessing' does not say what '<s>' is"),
        ]
        for (path, value, message) in cases { #expect(try refusal(path, value) == message, "\(path)") }
    }

    @Test func textCannotGrowWithoutEnd() throws {
        let double: JSON = ["type": "Replace", "pattern": ["String": "a"], "content": "aa"]
        let metaspace: JSON = ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true]
        let many = JSON.array(Array(repeating: double, count: 40))
        #expect(try refusal("normalizer", ["type": "Sequence", "normalizers": many]) == "normalizer makes text more than 1024 times longer")
        #expect(try refusal("decoder", ["type": "Sequence", "decoders": many]) == "decoder makes text more than 1024 times longer")
        #expect(
            try refusal("pre_tokenizer", ["type": "Sequence", "pretokenizers": [metaspace, metaspace]])
                == "pre_tokenizer 'Metaspace': a second one is not supported")
    }

    @Test func aConfigurationMayOnlyNameTokens() throws {
        let json = try Golden.bytes("mistral-tiny/tokenizer.json")
        #expect(throws: Failure("eos_token '<end>' is not in the vocabulary")) {
            try Tokenizer(json: json, configuration: Array(#"{"eos_token": "<end>"}"#.utf8))
        }
        let tokenizer = try Tokenizer(json: json, configuration: Array(#"{"eos_token": {"content": "</s>"}, "bos_token": null}"#.utf8))
        #expect(tokenizer.endOfText == 2 && tokenizer.beginOfText == nil)
    }

    @Test func equalLookingTokensAreTwo() throws {
        let json = try JSON(parsing: Golden.bytes("mistral-tiny/tokenizer.json"))
            .setting("model/vocab/\u{E9}", to: 1024).setting("model/vocab/e\u{301}", to: 1025)
        let tokenizer = try Tokenizer(json: Array(json.compact.utf8))
        #expect(tokenizer.id("\u{E9}") == 1024)
        #expect(tokenizer.id("e\u{301}") == 1025)
    }
}
