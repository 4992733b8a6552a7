import Basis
import Safetensors
import Tensors

/// Tokens to learn from and tokens that are held out: a safetensors file with `tokens` and `held-out`, I32, documents one after the other.
///
/// A document ends with a separator, if the model has one, and what follows begins anew: packing lets no document see another.
public final class TokenData: @unchecked Sendable {
    public let training: UnsafeBufferPointer<Int32>
    public let heldOut: UnsafeBufferPointer<Int32>
    /// The token that ends a document; nil if there is none.
    public let separator: Int32?
    private let file: SafetensorsFile

    public init(_ path: String, separator: Int32?) throws {
        let file = try SafetensorsFile(MappedFile(path))
        (self.file, self.separator) = (file, separator)
        (training, heldOut) = try naming(path) { (try Self.tokens("tokens", file), try Self.tokens("held-out", file)) }
    }

    private static func tokens(_ name: String, _ file: SafetensorsFile) throws -> UnsafeBufferPointer<Int32> {
        guard let index = file.index(of: name), file.entries[index].element == .int32, let bytes = file.mapped(index) else {
            throw Failure("lacks the tensor '\(name)' of 32-bit integers")
        }
        return bytes.bindMemory(to: Int32.self)
    }

    /// SHA-256 of all tokens.
    public func digest() throws -> String {
        let digest = try SHA256()
        for tokens in [training, heldOut] { try digest.update(UnsafeRawBufferPointer(tokens)) }
        return try digest.finish().hex
    }

    /// A stretch of tokens as the documents, or parts of such, that it holds.
    package func texts(_ window: Range<Int>, of tokens: UnsafeBufferPointer<Int32>) -> [[Int32]] {
        Windows.texts(window, of: tokens, separator: separator)
    }
}
