import Basis
import Glibc
import Tensors

/// The keys and values of one operation in one session, in pages of 64 tokens. Forks share pages until one of them writes to one; a page
/// that is full is never written again.
struct KeyValuePages: Sendable {
    let heads: Int
    let width: Int
    let element: CacheElement
    private var pages: [KeyValuePage] = []

    init(heads: Int, width: Int, element: CacheElement) { (self.heads, self.width, self.element) = (heads, width, element) }

    private var pageBytes: Int { element.pageBytes(heads: heads, width: width) }

    var byteCount: Int { pages.count * pageBytes }

    /// All pages, one after the other.
    var bytes: [UInt8] { pages.flatMap { Array($0.bytes) } }

    /// Pages made of saved bytes; nil if these are not those of so many tokens.
    func restored(_ bytes: [UInt8], tokens: Int) throws -> KeyValuePages? {
        let (whole, rest) = tokens.quotientAndRemainder(dividingBy: CacheElement.pageTokens)
        guard bytes.count % pageBytes == 0, bytes.count / pageBytes == whole + rest.signum() else { return nil }
        var result = KeyValuePages(heads: heads, width: width, element: element)
        for start in stride(from: 0, to: bytes.count, by: pageBytes) {
            let page = try KeyValuePage(byteCount: pageBytes)
            bytes[start..<start + pageBytes].withUnsafeBytes { page.bytes.copyMemory(from: $0) }
            result.pages.append(page)
        }
        return result
    }

    /// Makes room for tokens that are about to be written, in pages that nobody else sees.
    mutating func reserve(_ tokens: Range<Int>) throws {
        guard !tokens.isEmpty else { return }
        for index in tokens.lowerBound / CacheElement.pageTokens...(tokens.upperBound - 1) / CacheElement.pageTokens {
            if index == pages.count {
                pages.append(try KeyValuePage(byteCount: pageBytes))
            } else if !isKnownUniquelyReferenced(&pages[index]) {
                pages[index] = try KeyValuePage(copying: pages[index])
            }
        }
    }

    var pointers: KeyValuePointers {
        KeyValuePointers(pages: pages.map { $0.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) }, element: element, width: width)
    }
}

/// Keys and values of 64 tokens, all heads; zero where no token has been written.
final class KeyValuePage: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) throws {
        guard let memory = calloc(1, max(1, byteCount)) else {
            throw Failure("no memory for \(byteCount) bytes more of keys and values")
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    }

    convenience init(copying page: KeyValuePage) throws {
        try self.init(byteCount: page.bytes.count)
        bytes.copyMemory(from: UnsafeRawBufferPointer(page.bytes))
    }

    deinit { free(bytes.baseAddress) }
}

/// What `run` finds of a session's keys and values: its pages in the order of the tokens.
public struct KeyValuePointers: @unchecked Sendable {
    let pages: [UnsafeMutablePointer<UInt8>?]
    let element: CacheElement
    let width: Int

    /// Calls `body` with the pages as kernels take them.
    func withRows<Result>(_ body: (KeyValueRows) -> Result) -> Result {
        pages.withUnsafeBufferPointer { pages in
            guard let start = pages.baseAddress else { preconditionFailure("pages are reserved before they are written or read") }
            return body(KeyValueRows(start, element: element, width: width))
        }
    }
}

/// What `run` finds of a session's state.
public enum StateMemory: @unchecked Sendable {
    case floats(UnsafeMutablePointer<Float>)
    case pages(KeyValuePointers)
}
