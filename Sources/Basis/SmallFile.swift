/// A small file that travels with a model byte for byte, such as `config.json`.
public struct SmallFile: Hashable, Sendable {
    public let name: String
    public let bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
}
