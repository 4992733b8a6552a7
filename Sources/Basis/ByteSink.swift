import Glibc

/// Where bytes go, in order.
public protocol ByteSink: AnyObject {
    /// What the target is called in errors.
    var name: String { get }

    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Hands over all that was written: only now a file appears under its name, only now a full disk has been noticed.
    func close() throws
}

extension ByteSink {
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
    public func write(_ text: String) throws { try write(Array(text.utf8)) }
}

/// Gathers small writes for a descriptor; large ones pass through.
public final class DescriptorSink: ByteSink {
    private let descriptor: Descriptor
    private var pending: [UInt8] = []
    private let capacity = 1 << 16

    public var name: String { descriptor.name }

    public init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
        pending.reserveCapacity(capacity)
    }

    /// Standard output. The program has to ignore SIGPIPE for a closed pipe to be a `Failure` instead of its end.
    public static func standardOutput() -> DescriptorSink { DescriptorSink(Descriptor(1, name: "standard output")) }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if pending.count + bytes.count > capacity { try flush() }
        if bytes.count >= capacity { return try descriptor.write(bytes) }
        pending.append(contentsOf: bytes)
    }

    public func flush() throws {
        defer { pending.removeAll(keepingCapacity: true) }
        try pending.withUnsafeBytes { try descriptor.write($0) }
    }

    public func close() throws { try flush() }
}

/// Bytes gathered in memory.
public final class MemorySink: ByteSink {
    public let name: String
    public private(set) var bytes: [UInt8] = []

    public init(name: String = "memory") { self.name = name }

    public func write(_ bytes: UnsafeRawBufferPointer) throws { self.bytes.append(contentsOf: bytes) }
    public func close() throws {}
}
