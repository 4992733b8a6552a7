/// What normalizers do to one character after the other. Bytes that are not UTF-8 stay as they are.
enum CharacterChanges {
    static func lowercase(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { (0x41...0x5A).contains($0) || $0 >= 0xC2 }) else { return text }
        return text.mappingScalars { scalar, result in
            if scalar.value < 0x80 {
                let isUpper = (0x41...0x5A).contains(scalar.value)
                return result.append(UInt8(truncatingIfNeeded: scalar.value) | (isUpper ? 0x20 : 0))
            }
            result += lowercase(scalar).utf8
        }
    }

    /// Rust's standard library, which lowers cases in Hugging Face's tokenizers, has Unicode 17.
    private static func lowercase(_ scalar: Unicode.Scalar) -> String {
        let added: UInt32? =
            switch scalar.value {
            case 0xA7CE, 0xA7D2, 0xA7D4: 1
            case 0x16EA0...0x16EB8: 0x1B
            default: nil
            }
        return added.flatMap { Unicode.Scalar(scalar.value + $0) }.map { String($0) } ?? scalar.properties.lowercaseMapping
    }

    /// Without marks, as of Unicode 9.
    static func strippingAccents(_ text: [UInt8]) -> [UInt8] { text.droppingScalars(isAccent) }

    static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x300 else { return false }
        // Letters since Unicode 12.
        if scalar.value == 0x1CF2 || scalar.value == 0x1CF3 { return true }
        // A mark since Unicode 11.
        if scalar.value == 0x111C9 { return false }
        guard let category = Unicode16.known(scalar.value, major: 9)?.generalCategory else { return false }
        return !CategoryMask.mark.isDisjoint(with: CategoryMask(category))
    }

    /// SentencePiece's `nmt` rules: no control characters, and a plain space for each of several others.
    static func nmt(_ text: [UInt8]) -> [UInt8] {
        text.mappingScalars { scalar, result in
            if isDroppedByNMT(scalar) { return }
            result += isSpaceForNMT(scalar) ? [0x20] : Array(String(scalar).utf8)
        }
    }

    static func isDroppedByNMT(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
        default: false
        }
    }

    private static func isSpaceForNMT(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: true
        default: false
        }
    }
}

extension [UInt8] {
    /// `change` appends what becomes of each scalar.
    func mappingScalars(_ change: (Unicode.Scalar, inout [UInt8]) -> Void) -> [UInt8] {
        withUnsafeBufferPointer { bytes in
            var result: [UInt8] = []
            result.reserveCapacity(count)
            var at = 0
            while at < bytes.count {
                let scalar = bytes.scalar(at: at, end: bytes.count)
                if let value = Unicode.Scalar(scalar.value) { change(value, &result) } else { result.append(bytes[at]) }
                at += scalar.length
            }
            return result
        }
    }

    func droppingScalars(_ isDropped: (Unicode.Scalar) -> Bool) -> [UInt8] {
        mappingScalars { scalar, result in
            if !isDropped(scalar) { result += String(scalar).utf8 }
        }
    }
}
