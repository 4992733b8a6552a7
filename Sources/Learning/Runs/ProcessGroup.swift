/// The processes that share the work of a run; each has the same weights. All of them take part in each sum, in the same order.
public protocol ProcessGroup: AnyObject {
    /// Which of them this is; the first is 0.
    var rank: Int { get }
    var count: Int { get }

    /// Puts the sums over all processes in the place of their numbers, the same bits in each of them.
    /// - Throws: `LostProcess`, after which there are no more sums.
    func sum(_ numbers: UnsafeMutableBufferPointer<Float>) throws
    func sum(_ numbers: UnsafeMutableBufferPointer<Double>) throws
}

/// Another process of the group is gone, or does not answer while this one is asked to stop.
public struct LostProcess: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "another process was lost" }
}

/// Another process of the group has failed, and tells why.
public struct ToldByAnother: Error {
    public init() {}
}

/// A process that works alone.
public final class SingleProcess: ProcessGroup {
    public let rank = 0
    public let count = 1

    public init() {}

    public func sum(_ numbers: UnsafeMutableBufferPointer<Float>) {}
    public func sum(_ numbers: UnsafeMutableBufferPointer<Double>) {}
}

extension ProcessGroup {
    /// Whether this is the process that writes files and speaks.
    public var isFirst: Bool { rank == 0 }

    /// What this process does of `count` things: shares differ by one at most.
    public func share(of count: Int) -> Range<Int> { rank * count / self.count..<(rank + 1) * count / self.count }

    /// The numbers of every process, which have to be as many in each.
    public func gather(_ numbers: [Double]) throws -> [[Double]] {
        var table = [Double](repeating: 0, count: count * numbers.count)
        table.replaceSubrange(rank * numbers.count..<(rank + 1) * numbers.count, with: numbers)
        let sums = try sum(table)
        return (0..<count).map { Array(sums[$0 * numbers.count..<($0 + 1) * numbers.count]) }
    }

    public func sum(_ numbers: [Double]) throws -> [Double] {
        var sums = numbers
        try sums.withUnsafeMutableBufferPointer { try sum($0) }
        return sums
    }

    /// Whether it is so in any of the processes.
    public func any(_ flag: Bool) throws -> Bool { try sum([flag ? 1 : 0])[0] > 0 }

    /// Does something that may fail in some processes: then it fails in all, and the first in which it did has the error. In it there must
    /// be no sums.
    public func together<Value>(_ body: () throws -> Value) throws -> Value {
        let result = Result { try body() }
        var failed = false
        if case .failure = result { failed = true }
        let teller = try gather([failed ? 1 : 0]).firstIndex { $0[0] > 0 }
        guard let teller, teller != rank else { return try result.get() }
        throw ToldByAnother()
    }

    /// Does something in the first process, and then in the others, which may need what the first left.
    public func firstBeforeOthers<Value>(_ body: () throws -> Value) throws -> Value {
        let early = try together { isFirst ? try body() : nil }
        return try together { try early ?? body() }
    }
}
