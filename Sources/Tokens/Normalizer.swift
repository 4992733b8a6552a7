@_spi(_Unicode) import Swift

/// What is done to a text before it is cut: `normalizer` of tokenizer.json.
package struct Normalizer: Sendable {
    enum Step: Sendable {
        /// Puts bytes in front of a text that is not empty.
        case prepend([UInt8])
        case replace([UInt8], with: [UInt8])
        /// White space at the ends.
        case strip(left: Bool, right: Bool)
        /// Unicode normalisation form C.
        case composed
    }

    var steps: [Step] = []

    package func apply(to text: [UInt8]) -> [UInt8] { steps.reduce(text) { $1.apply(to: $0) } }

    /// Whether white space is stripped off the start of `text`, so that what is left does not start where the input does.
    func cutsStart(of text: Bytes) -> Bool {
        guard !text.isEmpty, text.scalar(at: 0, end: text.count).isSpace else { return false }
        return steps.contains { if case .strip(left: true, _) = $0 { true } else { false } }
    }
}

extension Normalizer.Step {
    func apply(to text: [UInt8]) -> [UInt8] {
        switch self {
        case .prepend(let prefix): text.isEmpty ? text : prefix + text
        case .replace(let pattern, let content): text.replacing(pattern, with: content)
        case .strip(let left, let right): stripped(text, left: left, right: right)
        case .composed: composed(text)
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

    /// Below U+0300 nothing combines with what stands before it.
    private func composed(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0xCC }) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        text.withUnsafeBufferPointer { bytes in
            var at = 0
            while at < bytes.count {
                let (end, next) = composable(bytes, from: at)
                for scalar in decomposingTibetan(bytes[at..<end])._nfc { result += String(scalar).utf8 }
                result += bytes[end..<next]
                at = next
            }
        }
        return result
    }

    /// Where the text from `start` that can be normalised ends, and where it goes on. A byte that is not UTF-8 stays as it is, and so
    /// does a character that is younger than Unicode 9: the tables of Hugging Face's tokenizers know no later one.
    private func composable(_ bytes: Bytes, from start: Int) -> (end: Int, next: Int) {
        var at = start
        while at < bytes.count {
            let scalar = bytes.scalar(at: at, end: bytes.count)
            guard let age = Unicode.Scalar(scalar.value)?.properties.age, age.major <= 9 else { return (at, at + scalar.length) }
            at += scalar.length
        }
        return (at, at)
    }

    /// The three characters of class 0 whose decompositions are not, which the standard library's normalisation does not reorder. They
    /// are composition exclusions (Unicode 16, DerivedNormalizationProps), so they come back in no composed text.
    private func decomposingTibetan(_ bytes: Slice<Bytes>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.unicodeScalars.contains(where: { [0x0F73, 0x0F75, 0x0F81].contains($0.value) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{0F73}": result += ["\u{0F71}", "\u{0F72}"]
            case "\u{0F75}": result += ["\u{0F71}", "\u{0F74}"]
            case "\u{0F81}": result += ["\u{0F71}", "\u{0F80}"]
            default: result.append(scalar)
            }
        }
        return String(result)
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
