import Basis
import Testing
import Tokens

/// `Golden/adversarial.json`: texts made to be difficult and, for each of several tokenizers, a digest of the reference's ids for each.
/// Golden/README.md says how it was made.
@Suite struct AdversarialTests {
    @Test func tokensAreThoseOfTheReference() throws {
        let file = try JSON(parsing: Golden.bytes("adversarial.json"))
        let texts = try #require(file["texts"]?.arrayValue).map { try #require($0.stringValue) }
        let entries = try #require(file["tokenizers"]?.arrayValue)
        #expect(texts.count == 2000 && entries.count > 20)
        for entry in entries {
            let name = try #require(entry["name"]?.stringValue)
            let tokenizer = try variant(entry)
            let digests = try #require(entry["digests"]?.stringValue).split(separator: " ")
            let picked = stride(from: try #require(entry["first"]?.intValue), to: texts.count, by: try #require(entry["step"]?.intValue))
            #expect(Array(picked).count == digests.count)
            for (index, digest) in zip(picked, digests) {
                let ids = tokenizer.encode(texts[index])
                #expect(Golden.fnv(ids) == digest, "\(name): \(texts[index].debugDescription) \(ids)")
            }
        }
    }

    private func variant(_ entry: JSON) throws -> Tokenizer {
        var json = try JSON(parsing: Golden.bytes("\(try #require(entry["base"]?.stringValue))/tokenizer.json"))
        for change in try #require(entry["changes"]?.objectValue).members {
            json = json.setting(change.key.split(separator: "/").map { String($0) }[...], to: change.value)
        }
        return try Tokenizer(json: Array(json.compact.utf8))
    }
}

extension JSON {
    /// The same value with another one at the end of `path`; numbers in it are places in arrays.
    func setting(_ path: ArraySlice<String>, to value: JSON?) -> JSON {
        guard let key = path.first else { return value ?? .null }
        if var elements = arrayValue, let index = Int(key), elements.indices.contains(index) {
            elements[index] = elements[index].setting(path.dropFirst(), to: value)
            return .array(elements)
        }
        var object = objectValue ?? JSONObject()
        object[key] = path.count == 1 ? value : (object[key] ?? .null).setting(path.dropFirst(), to: value)
        return .object(object)
    }

    func setting(_ path: String, to value: JSON?) -> JSON { setting(path.split(separator: "/").map { String($0) }[...], to: value) }
}
