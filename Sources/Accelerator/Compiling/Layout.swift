import Basis

/// Where everything lies in memory: on the chip as long as there is room, which matrices, tables, keys and results never ask for; the
/// rest behind the port.
struct Layout {
    private(set) var blocks: [Program.Block] = []
    private let scratchBytes: Int
    private var scratchEnd = 0
    private var outsideEnd: Int
    private var names: Set<String> = []
    private var places: [Key: Int] = [:]

    private struct Key: Hashable {
        let kind: Program.Block.Kind
        let subject: String
        let rows: Range<Int>
    }

    /// Bytes that the beginnings of blocks are a multiple of: an access of most memories.
    private static let alignment = 64

    init(_ core: Core) {
        scratchBytes = core.scratchBytes
        outsideEnd = core.scratchBytes.ceilingDivided(by: Self.alignment) * Self.alignment
    }

    /// The address of a block of `bytes`, which is laid out when it is first asked for.
    mutating func address(
        _ kind: Program.Block.Kind, _ subject: String, bytes: Int, label: String? = nil, rows: Range<Int> = 0..<0
    ) throws -> Int {
        let key = Key(kind: kind, subject: subject, rows: rows)
        if let known = places[key] { return known }
        let address = try place(bytes, mayBeInside: kind.isSmall)
        let name = unique(label ?? subject)
        blocks.append(Program.Block(name: name, address: address, bytes: bytes, kind: kind, subject: subject, rows: rows))
        places[key] = address
        return address
    }

    private mutating func place(_ bytes: Int, mayBeInside: Bool) throws -> Int {
        let room = bytes.ceilingDivided(by: Self.alignment) * Self.alignment
        if mayBeInside, scratchEnd + bytes <= scratchBytes {
            defer { scratchEnd += room }
            return scratchEnd
        }
        guard outsideEnd + room <= Instruction.addressLimit else {
            throw Failure("what lies in memory takes more than \(Instruction.addressLimit) bytes")
        }
        defer { outsideEnd += room }
        return outsideEnd
    }

    /// A label made of a name: other signs become `_`.
    private mutating func unique(_ name: String) -> String {
        var label = String(String.UnicodeScalarView(name.unicodeScalars.map { sign in
            sign.isASCII && Labels.isPart(UInt8(truncatingIfNeeded: sign.value)) ? sign : "_"
        }))
        if label.first?.isNumber ?? true { label = "_" + label }
        var result = label, number = 2
        while !names.insert(result).inserted {
            result = "\(label)#\(number)"
            number += 1
        }
        return result
    }
}

extension Program.Block.Kind {
    /// Whether it may lie on the chip.
    var isSmall: Bool {
        switch self {
        case .scale, .gain, .state, .spill: true
        case .trits, .table, .cache, .output: false
        }
    }
}
