import Basis

extension BPE {
    /// `model` of tokenizer.json.
    init(reading object: JSONObject, isByteLevel: Bool) throws {
        try BPE.refuseUnsupported(object)
        vocabulary = try Vocabulary(reading: object["vocab"])
        let pairs = try BPE.pairs(object["merges"])
        let table = try BPE.merges(pairs, vocabulary)
        merges = table.table
        ignoreMerges = object["ignore_merges"]?.boolValue ?? false
        firstSymbols = try FirstSymbols(reading: object, vocabulary, isByteLevel: isByteLevel)
        if !isByteLevel { boundaries = MergeBoundaries(merges: table.list, vocabulary: vocabulary, first: firstSymbols) }
    }

    private static func refuseUnsupported(_ object: JSONObject) throws {
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard object[key]?.stringValue ?? "" == "" else { throw Failure("model 'BPE' with '\(key)' is not supported") }
        }
        guard object["dropout"]?.doubleValue ?? 0 == 0 else { throw Failure("model 'BPE' with 'dropout' is not supported") }
    }

    /// The merges as pairs of tokens: `["a", "b"]`, or `"a b"` in older files, which may start with a line that tells a version.
    private static func pairs(_ json: JSON?) throws -> [(String, String)] {
        guard let merges = json?.arrayValue else { throw Failure("the model has no array 'merges'") }
        var pairs: [(String, String)] = []
        pairs.reserveCapacity(merges.count)
        for (index, merge) in merges.enumerated() {
            if let text = merge.stringValue {
                if text.utf8.starts(with: "#version".utf8) { continue }
                pairs.append(try pair(text, index))
            } else {
                guard let two = merge.arrayValue, two.count == 2, let left = two[0].stringValue, let right = two[1].stringValue else {
                    throw Failure("merge \(index) is not a pair of tokens")
                }
                pairs.append((left, right))
            }
        }
        return pairs
    }

    private static func pair(_ text: String, _ index: Int) throws -> (String, String) {
        let bytes = text.utf8
        guard let space = bytes.firstIndex(of: 0x20), !bytes[bytes.index(after: space)...].contains(0x20) else {
            throw Failure("merge \(index) is not a pair of tokens")
        }
        return (String(text[..<space]), String(text[bytes.index(after: space)...]))
    }

    private static func merges(
        _ pairs: [(String, String)], _ vocabulary: Vocabulary
    ) throws -> (table: PairTable, list: [(left: Int32, right: Int32)]) {
        var table = PairTable(capacity: pairs.count)
        var list: [(left: Int32, right: Int32)] = []
        list.reserveCapacity(pairs.count)
        for (rank, pair) in pairs.enumerated() {
            func id(_ token: String) throws -> Int32 {
                if let id = vocabulary.id(of: token) { return id }
                throw Failure("merge \(rank) needs token '\(token)', which the vocabulary lacks")
            }
            let (left, right, both) = (try id(pair.0), try id(pair.1), try id(pair.0 + pair.1))
            let key = PairTable.key(UInt32(bitPattern: left), UInt32(bitPattern: right))
            table.set(key, merge(rank: UInt32(truncatingIfNeeded: rank), id: both))
            list.append((left, right))
        }
        return (table, list)
    }
}

extension Vocabulary {
    /// An object of token to id.
    init(reading json: JSON?) throws {
        guard let members = json?.objectValue?.members else { throw Failure("the model has no object 'vocab'") }
        self.init(capacity: members.count)
        for member in members {
            guard let value = member.value.intValue else { throw Failure("token '\(member.key)' has no whole number as its id") }
            try add(member.key, id: Vocabulary.checked(value, of: member.key, among: members.count))
        }
    }

    /// Ids may have gaps, but not so many that a small file asks for much memory.
    static func checked(_ id: Int, of token: String, among count: Int) throws -> Int32 {
        guard id >= 0 else { throw Failure("token '\(token)' has the negative id \(id)") }
        guard id < 4 * count + 65536, let checked = Int32(exactly: id) else {
            throw Failure("token '\(token)' has the id \(id), far beyond a vocabulary of \(count)")
        }
        return checked
    }
}

extension FirstSymbols {
    init(reading object: JSONObject, _ vocabulary: Vocabulary, isByteLevel: Bool) throws {
        self.isByteLevel = isByteLevel
        fusesUnknown = object["fuse_unk"]?.boolValue ?? false
        byteTokens = FirstSymbols.byteTokens(object, vocabulary)
        if isByteLevel { readBytes(vocabulary) } else { readCharacters(vocabulary) }
        try readUnknown(object["unk_token"]?.stringValue, vocabulary)
    }

    /// The ids of `<0x00>`...`<0xFF>`, -1 if the vocabulary lacks one; all -1 without `byte_fallback`.
    static func byteTokens(_ object: JSONObject, _ vocabulary: Vocabulary) -> [Int32] {
        let falls = object["byte_fallback"]?.boolValue ?? false
        return (0..<256).map { falls ? vocabulary.id(of: fallback($0)) ?? -1 : -1 }
    }

    private static func fallback(_ byte: Int) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.utf8.count == 1 ? "0" : "")\(digits)>"
    }

    private mutating func readBytes(_ vocabulary: Vocabulary) {
        for byte in 0..<256 { single[byte] = vocabulary.id(of: String(ByteSymbols.scalars[byte])) ?? -1 }
    }

    private mutating func readCharacters(_ vocabulary: Vocabulary) {
        for id in 0..<Int32(truncatingIfNeeded: vocabulary.idEnd) {
            guard let token = vocabulary.token(id), (1...4).contains(token.count) else { continue }
            token.withUnsafeBufferPointer { bytes in
                let scalar = bytes.scalar(at: 0, end: bytes.count)
                if scalar.length == bytes.count, scalar.value != ScalarAt.invalid { set(scalar: scalar.value, to: id) }
            }
        }
    }

    /// A token for what is unknown that is no token is an error only where something can be unknown.
    private mutating func readUnknown(_ token: String?, _ vocabulary: Vocabulary) throws {
        guard let token else { return }
        unknown = vocabulary.id(of: token)
        let isComplete = isByteLevel && !single.contains(-1) || !byteTokens.contains(-1)
        guard unknown != nil || isComplete else { throw Failure("unk_token '\(token)' is not in the vocabulary") }
    }
}
