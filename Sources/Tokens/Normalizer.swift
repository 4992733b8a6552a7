/// What is done to a text before it is cut: `normalizer` of tokenizer.json.
package struct Normalizer: Sendable {
    enum Step: Sendable {
        /// Puts bytes in front of a text that is not empty.
        case prepend([UInt8])
        case replace([UInt8], with: [UInt8])
        /// White space at the ends.
        case strip(left: Bool, right: Bool)
        /// What a regular expression matches.
        case replacePattern(Regex, with: [UInt8])
        case form(NormalizationForm)
        case lowercase
        case stripAccents
        case nmt
        case bert(BertNormalizer)
        case precompiled(Charsmap)
    }

    var steps: [Step] = []

    package func apply(to text: [UInt8]) -> [UInt8] { steps.reduce(text) { $1.apply(to: $0) } }

    /// Whether a step takes something off the start of `text`, so that what is left does not start where the input does.
    func cutsStart(of text: Bytes) -> Bool {
        guard steps.contains(where: \.dropsCharacters) else { return false }
        var text = Array(text)
        for step in steps {
            if step.cutsStart(of: text) { return true }
            text = step.apply(to: text)
        }
        return false
    }
}

extension Normalizer.Step {
    func apply(to text: [UInt8]) -> [UInt8] {
        switch self {
        case .prepend(let prefix): text.isEmpty ? text : prefix + text
        case .replace(let pattern, let content): text.replacing(pattern, with: content)
        case .strip(let left, let right): stripped(text, left: left, right: right)
        case .replacePattern(let regex, let content): regex.replacing(in: text, with: content)
        case .form(let form): form.apply(to: text)
        case .lowercase: CharacterChanges.lowercase(text)
        case .stripAccents: CharacterChanges.strippingAccents(text)
        case .nmt: CharacterChanges.nmt(text)
        case .bert(let normalizer): normalizer.apply(to: text)
        case .precompiled(let map): map.apply(to: text)
        }
    }

    private func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        text.withUnsafeBufferPointer { bytes in
            var (start, end) = (0, bytes.count)
            while left, start < end, case let scalar = bytes.scalar(at: start, end: end), scalar.isSpace { start += scalar.length }
            while right, start < end, case let scalar = bytes.scalar(before: end, start: start), scalar.isSpace { end -= scalar.length }
            return Array(bytes[start..<end])
        }
    }

    fileprivate var dropsCharacters: Bool {
        switch self {
        case .strip(left: true, _), .stripAccents, .nmt, .bert: true
        default: false
        }
    }

    fileprivate func cutsStart(of text: [UInt8]) -> Bool {
        guard let first = text.withUnsafeBufferPointer({ $0.isEmpty ? nil : $0.scalar(at: 0, end: $0.count) }),
            let scalar = Unicode.Scalar(first.value)
        else { return false }
        switch self {
        case .strip(left: true, _): return first.isSpace
        case .stripAccents: return CharacterChanges.isAccent(scalar)
        case .nmt: return CharacterChanges.isDroppedByNMT(scalar)
        case .bert(let normalizer): return normalizer.drops(scalar)
        default: return false
        }
    }
}

extension Regex {
    /// Every match, from the left.
    func replacing(in text: [UInt8], with content: [UInt8]) -> [UInt8] {
        text.withUnsafeBufferPointer { bytes in
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            forEachPart(of: bytes, 0..<bytes.count) { range, isMatch in result += isMatch ? content : Array(bytes[range]) }
            return result
        }
    }
}

extension [UInt8] {
    /// Every occurrence of `pattern`, which is not empty, from the left.
    func replacing(_ pattern: [UInt8], with content: [UInt8]) -> [UInt8] {
        withUnsafeBufferPointer { bytes in
            var result: [UInt8] = []
            result.reserveCapacity(count + count / 2)
            var at = 0
            while at < bytes.count {
                if bytes[at] == pattern[0], bytes.hasPrefix(pattern, at: at, end: bytes.count) {
                    result += content
                    at += pattern.count
                } else {
                    result.append(bytes[at])
                    at += 1
                }
            }
            return result
        }
    }
}
