import CCrypto

/// A SHA-256 digest (FIPS 180-4): 32 bytes.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    public static let size = 32
    public let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Digest.size else { return nil }
        self.bytes = Array(bytes)
    }

    /// Nil unless `hex` is 64 hexadecimal digits in lower case.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * Digest.size else { return nil }
        var bytes: [UInt8] = []
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Digest.value(digits[at]), let low = Digest.value(digits[at + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    public var hex: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    public var description: String { hex }
}

/// SHA-256 of bytes that come in pieces, by libcrypto, which uses the processor's SHA instructions.
public final class SHA256 {
    private let context: OpaquePointer

    public init() throws {
        guard let context = EVP_MD_CTX_new() else { throw Failure("out of memory") }
        self.context = context
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw Failure("libcrypto offers no SHA-256") }
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: UnsafeRawBufferPointer) throws {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw Failure("libcrypto's SHA-256 failed") }
    }

    /// The digest of all bytes so far; afterwards the hash starts anew.
    public func finish() throws -> Digest {
        var bytes = [UInt8](repeating: 0, count: Digest.size)
        guard EVP_DigestFinal_ex(context, &bytes, nil) == 1, EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1,
            let digest = Digest(bytes)
        else { throw Failure("libcrypto's SHA-256 failed") }
        return digest
    }

    public static func digest(of bytes: UnsafeRawBufferPointer) throws -> Digest {
        let hash = try SHA256()
        try hash.update(bytes)
        return try hash.finish()
    }

    public static func digest(of bytes: [UInt8]) throws -> Digest { try bytes.withUnsafeBytes { try digest(of: $0) } }
}
