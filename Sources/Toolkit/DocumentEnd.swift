import Basis
import Models
import Tokens

/// The token that ends a document in data: the first of those that end an answer, or else what the tokenizer ends texts with. `files` are
/// the model's small files, `vocabulary` is how many tokens it answers with.
public func documentEnd(_ files: [SmallFile], _ tokenizer: Tokenizer?, vocabulary: Int) -> Int32? {
    for name in ["generation_config.json", "config.json"] {
        guard let bytes = files.first(where: { $0.name == name })?.bytes, let json = try? JSON(parsing: bytes) else { continue }
        let value = json["eos_token_id"], id = value?.intValue ?? value?.arrayValue?.first?.intValue
        if let id = id.flatMap(Int32.init(exactly:)), (0..<vocabulary).contains(Int(id)) { return id }
    }
    return tokenizer?.endOfText
}
