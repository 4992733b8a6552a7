import Basis

extension Tokenizer {
    /// Reads `tokenizer.json`, and `tokenizer_config.json` if there is one, which is asked for the begin and the end of text only.
    ///
    /// Throws a `Failure` that names what is wrong or not supported. `truncation` and `padding` are not looked at: they are about
    /// batches of training, and transformers does not obey them either when it encodes a text.
    public init(json: [UInt8], configuration: [UInt8]? = nil) throws {
        let file = try JSON(parsing: json)
        guard let root = file.objectValue else { throw Failure("a tokenizer is an object") }
        if let version = root["version"]?.stringValue, version != "1.0" { throw Failure("tokenizer version '\(version)' is not supported") }
        normalizer = try Normalizer(reading: root["normalizer"])
        preTokenizer = try PreTokenizer(reading: root["pre_tokenizer"])
        decoder = try Decoder(reading: root["decoder"])
        model = try Model(reading: root["model"], isByteLevel: preTokenizer.isByteLevel)
        try readAddedTokens(root["added_tokens"])
        makeTexts()
        let template = try Template(reading: root["post_processor"]) { hasToken($0) }
        (prefix, suffix) = (template.prefix, template.suffix)
        if let configuration { try readConfiguration(JSON(parsing: configuration)) }
    }

    private mutating func readAddedTokens(_ json: JSON?) throws {
        guard let json, !json.isNull else { return }
        guard let list = json.arrayValue else { throw Failure("'added_tokens' is not an array") }
        var contents: Set<[UInt8]> = []
        for (index, entry) in list.enumerated() {
            let token = try AddedToken(reading: entry, index, count: model.vocabulary.count + list.count)
            let name = String(decoding: token.content, as: UTF8.self)
            guard contents.insert(token.content).inserted else { throw Failure("added token '\(name)' occurs twice") }
            guard added.updateValue(token, forKey: token.id) == nil else { throw Failure("two added tokens have the id \(token.id)") }
            try checkAgainstModel(token, name)
            find(token)
        }
    }

    private func checkAgainstModel(_ token: AddedToken, _ name: String) throws {
        if let id = model.vocabulary.id(of: token.content), id != token.id {
            throw Failure("added token '\(name)' has the id \(token.id), in the vocabulary \(id)")
        }
        if let other = model.vocabulary.token(token.id), !other.elementsEqual(token.content) {
            throw Failure("added token '\(name)' has the id of token '\(String(decoding: other, as: UTF8.self))'")
        }
    }

    private mutating func find(_ token: AddedToken) {
        if token.isNormalized {
            normalizedFinder.add(token, pattern: normalizer.apply(to: token.content))
            if token.isSpecial { specialFinder.add(token, pattern: token.content) }
        } else {
            rawFinder.add(token, pattern: token.content)
        }
    }

    private mutating func makeTexts() {
        let end = max(model.vocabulary.idEnd, (added.keys.max().map { Int($0) } ?? -1) + 1)
        for id in 0..<Int32(truncatingIfNeeded: end) {
            let isToken = added[id] != nil || model.vocabulary.token(id) != nil
            let kind: TokenTexts.Kind = isToken ? added[id]?.isSpecial == true ? .special : .normal : .none
            texts.add(isToken ? decoder.bytes(of: spellingToDecode(id), isFirst: false) : [], kind)
        }
    }

    private mutating func readConfiguration(_ configuration: JSON) throws {
        beginOfText = try named("bos_token", configuration)
        endOfText = try named("eos_token", configuration)
    }

    /// A token named as a string or as an object with its `content`.
    private func named(_ key: String, _ configuration: JSON) throws -> Int32? {
        guard let name = configuration[key]?.stringValue ?? configuration[key]?["content"]?.stringValue else { return nil }
        guard let id = id(name) else { throw Failure("\(key) '\(name)' is not in the vocabulary") }
        return id
    }
}

extension AddedToken {
    /// An entry of `added_tokens`; `count` tokens are all that there can be.
    init(reading entry: JSON, _ index: Int, count: Int) throws {
        guard let text = entry["content"]?.stringValue else { throw Failure("added token \(index) has no content") }
        guard let number = entry["id"]?.intValue else { throw Failure("added token '\(text)' has no whole number as its id") }
        id = try Vocabulary.checked(number, of: text, among: count)
        content = Array(text.utf8)
        singleWord = entry["single_word"]?.boolValue ?? false
        stripsLeft = entry["lstrip"]?.boolValue ?? false
        stripsRight = entry["rstrip"]?.boolValue ?? false
        isNormalized = entry["normalized"]?.boolValue ?? true
        isSpecial = entry["special"]?.boolValue ?? false
    }
}
