import Glibc
import Tensors

/// A copy of some values that ends where a page begins that may not be touched: reading on is a crash.
final class Guarded<Element: BitwiseCopyable> {
    let start: UnsafeMutablePointer<Element>
    private let mapping: UnsafeMutableRawPointer
    private let size: Int

    init(_ values: [Element]) {
        let page = 4096
        let bytes = MemoryLayout<Element>.stride * values.count
        size = (bytes + page - 1) / page * page + page
        mapping = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        start = (mapping + (size - page - bytes)).bindMemory(to: Element.self, capacity: values.count)
        start.initialize(from: values, count: values.count)
        mprotect(mapping + (size - page), page, PROT_NONE)
    }

    deinit { munmap(mapping, size) }

    func values(_ count: Int) -> [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }
}

/// What `write` leaves in `count` elements of poison, before which and after which nothing may change.
func written<Element: BitwiseCopyable & Equatable>(
    _ count: Int, poison: Element, _ write: (UnsafeMutablePointer<Element>) -> Void
) -> (values: [Element], strayed: Bool) {
    let margin = 64
    var memory = [Element](repeating: poison, count: count + 2 * margin)
    memory.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { write(start + margin) } }
    let outside = memory[..<margin] + memory[(margin + count)...]
    let untouched = outside.allSatisfy { value in
        withUnsafeBytes(of: value) { a in withUnsafeBytes(of: poison) { b in a.elementsEqual(b) } }
    }
    return (Array(memory[margin..<margin + count]), !untouched)
}

let widths = [1, 63, 100, 255, 256, 257, 1000, 2560]

func randomTrits(_ width: Int, _ random: inout Random) -> [Int8] { (0..<width).map { _ in Int8(random.next() % 3) - 1 } }

func randomFloats(_ width: Int, _ random: inout Random) -> [Float] { (0..<width).map { _ in random.normal() } }
