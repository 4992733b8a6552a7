import Basis

/// The front matter of a model's README.md: YAML between two lines of three dashes, of which one line is read.
enum ModelCard {
    static func licence(_ path: String) throws -> String? {
        let text = String(decoding: try MappedFile.contents(path, limit: 1 << 20), as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first?.trimmed == "---" else { return nil }
        for line in lines.dropFirst() {
            if line.trimmed == "---" { return nil }
            guard line.hasPrefix("license:") else { continue }
            let value = line.dropFirst("license:".count).trimmed
            return value.isEmpty ? nil : value
        }
        return nil
    }
}

extension Substring {
    /// Without blanks, quotes and carriage returns at both ends.
    fileprivate var trimmed: String {
        let blank: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" || $0 == "'" }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
