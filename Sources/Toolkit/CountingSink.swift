import Basis

/// A sink that counts what passes.
public final class CountingSink: ByteSink {
    private let sink: any ByteSink
    public private(set) var count = 0
    public var name: String { sink.name }

    public init(_ sink: any ByteSink) { self.sink = sink }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try sink.write(bytes)
        count += bytes.count
    }

    public func close() throws { try sink.close() }
}
