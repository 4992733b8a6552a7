import Basis

extension MergeLearner {
    /// A tokenizer.json with the members that Hugging Face's tokenizers 0.23 write, in their order.
    func tokenizer(specialTokens: [String]) -> JSON {
        [
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": .array(addedTokens(specialTokens)),
            "normalizer": .null,
            "pre_tokenizer": MergeLearner.byteLevel(addsPrefixSpace: false),
            "post_processor": .null,
            // A decoder takes no heed of its options.
            "decoder": MergeLearner.byteLevel(addsPrefixSpace: true),
            "model": model,
        ]
    }

    private static func byteLevel(addsPrefixSpace: Bool) -> JSON {
        ["type": "ByteLevel", "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": true, "use_regex": true]
    }

    /// The special tokens, each once, by their ids.
    private func addedTokens(_ specialTokens: [String]) -> [JSON] {
        let ids = Set(specialTokens.compactMap { vocabulary.id(of: $0) })
        return ids.sorted().map { id in
            [
                "id": .integer(Int(id)), "content": .string(token(UInt32(bitPattern: id))), "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            ]
        }
    }

    private var model: JSON {
        [
            "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
            "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": .object(tokens),
            "merges": .array(merges.map { [.string(token($0.left)), .string(token($0.right))] }),
        ]
    }

    private var tokens: JSONObject {
        var tokens = JSONObject()
        for id in 0..<vocabulary.count { _ = tokens.append(token(UInt32(truncatingIfNeeded: id)), .integer(id)) }
        return tokens
    }
}
