import CUtf8proc

/// A Unicode normalisation form (UAX 15), by utf8proc.
///
/// Hugging Face's tokenizers have the tables of Unicode 9. Forms of characters do not change from version to version, so younger tables
/// (utf8proc 2.8 has those of 15) do the same but for characters that came later: these stay as they are.
enum NormalizationForm: Sendable {
    case nfc, nfd, nfkc, nfkd

    var isComposed: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }

    /// No character below is changed by the form, or by one that comes after it.
    private var firstChanged: UInt8 {
        switch self {
        // U+0300
        case .nfc: 0xCC
        // U+00A0 and on.
        case .nfkc, .nfkd, .nfd: 0xC2
        }
    }

    func apply(to text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= firstChanged }) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 4)
        text.withUnsafeBufferPointer { bytes in
            var work = Work(form: self)
            var at = 0
            while at < bytes.count {
                let scalar = bytes.scalar(at: at, end: bytes.count)
                if Unicode16.known(scalar.value, major: 9) != nil {
                    work.add(scalar.value)
                } else {
                    work.finish(&result)
                    result += bytes[at..<at + scalar.length]
                }
                at += scalar.length
            }
            work.finish(&result)
        }
        return result
    }

    /// A run of characters on its way into the form. utf8proc takes characters apart and puts them together; it sorts marks in a
    /// time that grows with the square of their number, so this is done here.
    private struct Work {
        private let options: utf8proc_option_t
        private let composes: utf8proc_option_t
        private var scalars: [Int32] = []
        private var classes: [Int16] = []
        private var parts = [Int32](repeating: 0, count: 32)

        init(form: NormalizationForm) {
            let compatible = form.isCompatible ? UTF8PROC_COMPAT.rawValue : 0
            options = utf8proc_option_t(UTF8PROC_STABLE.rawValue | UTF8PROC_DECOMPOSE.rawValue | compatible)
            composes = utf8proc_option_t(form.isComposed ? UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue : 0)
        }

        mutating func add(_ value: UInt32) {
            var boundary: Int32 = 0
            let scalar = Int32(bitPattern: value)
            let count = utf8proc_decompose_char(scalar, &parts, parts.count, options, &boundary)
            guard count > 0, count <= parts.count else { return scalars.append(scalar) }
            scalars += parts[..<count]
        }

        mutating func finish(_ result: inout [UInt8]) {
            order()
            var count = scalars.count
            if composes.rawValue != 0 { count = max(0, utf8proc_normalize_utf32(&scalars, scalars.count, composes)) }
            for scalar in scalars[..<min(count, scalars.count)] {
                if let scalar = Unicode.Scalar(UInt32(bitPattern: scalar)) { result += String(scalar).utf8 }
            }
            scalars.removeAll(keepingCapacity: true)
        }

        /// The canonical ordering: marks in a row by their class, equal ones as they came.
        private mutating func order() {
            classes = scalars.map { utf8proc_get_property($0).pointee.combining_class }
            var start = 0
            while start < scalars.count {
                guard classes[start] != 0 else { start += 1; continue }
                var end = start
                while end < scalars.count, classes[end] != 0 { end += 1 }
                if end - start > 1 { sort(start..<end) }
                start = end
            }
        }

        private mutating func sort(_ run: Range<Int>) {
            let sorted = run.sorted { classes[$0] != classes[$1] ? classes[$0] < classes[$1] : $0 < $1 }
            scalars.replaceSubrange(run, with: sorted.map { scalars[$0] })
        }
    }
}
