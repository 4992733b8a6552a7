import Basis

/// A reader of GGUF laid out like tern-gguf(5): the oracle of the fast one. It reads well-formed files only.
struct NaiveGGUF {
    struct Tensor: Equatable {
        let name: String
        /// Innermost first.
        let dimensions: [Int]
        let type: Int
        /// From its offset to the end of the file.
        let rest: ArraySlice<UInt8>
    }

    var keys: [String] = []
    var texts: [String: String] = [:]
    var tensors: [Tensor] = []
    private let file: [UInt8]
    private var at = 0

    init(_ file: [UInt8]) {
        self.file = file
        // 4 bytes: "GGUF"; 4 bytes: the version; 8 bytes: the number of tensors; 8 bytes: the number of keys.
        at = 8
        let (tensorCount, keyCount) = (number(8), number(8))
        var alignment = 32
        for _ in 0..<keyCount {
            // The key, the type of its value, the value.
            let key = text(), type = number(4)
            keys.append(key)
            if type == 8 { texts[key] = text() } else if key == "general.alignment" { alignment = number(4) } else { skip(type) }
        }
        var entries: [(String, [Int], Int, Int)] = []
        for _ in 0..<tensorCount {
            // The name, the number of dimensions, the dimensions, the type, the offset.
            let name = text(), dimensions = (0..<number(4)).map { _ in number(8) }
            entries.append((name, dimensions, number(4), number(8)))
        }
        // The data begins at the next multiple of the alignment.
        let start = (at + alignment - 1) / alignment * alignment
        tensors = entries.map { Tensor(name: $0, dimensions: $1, type: $2, rest: file[(start + $3)...]) }
    }

    private mutating func number(_ count: Int) -> Int {
        defer { at += count }
        return file[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func text() -> String {
        let count = number(8)
        defer { at += count }
        return String(decoding: file[at..<at + count], as: UTF8.self)
    }

    private mutating func skip(_ type: Int) {
        switch type {
        case 8: _ = text()
        case 9:
            let (element, count) = (number(4), number(8))
            for _ in 0..<count { skip(element) }
        default: at += [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type]
        }
    }
}
