import Basis
import Tokens

/// A tokenizer of its own for a new model, learnt from the data that the model will learn from.
public enum TokenizerTraining {
    /// What stands between documents; its id is 0.
    public static let separator = "<|endoftext|>"

    /// The tokenizer's files; none where no document is text. What is held out is not looked at.
    public static func files(vocabulary: Int, from corpora: [Corpus]) throws -> [SmallFile] {
        var trainer = BPETrainer(vocabulary: vocabulary, specialTokens: [separator]), isText = false
        for corpus in corpora {
            try corpus.each(.training) { document in
                guard case .text(let text) = document else { return }
                trainer.count(text)
                trainer.endText()
                isText = true
            }
        }
        guard isText else { return [] }
        let configuration: JSON = [
            "add_prefix_space": false, "bos_token": .string(separator), "eos_token": .string(separator),
            "tokenizer_class": "PreTrainedTokenizerFast",
        ]
        return [
            SmallFile(name: "tokenizer.json", bytes: try trainer.train()),
            SmallFile(name: "tokenizer_config.json", bytes: Array((configuration.pretty + "\n").utf8)),
        ]
    }
}
