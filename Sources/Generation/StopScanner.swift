/// Lets text through up to the first stop string, and holds back what may turn out to be the start of one.
package struct StopScanner {
    private let stops: [[UInt8]]
    /// Bytes of the longest of them.
    private let longest: Int
    private var held: [UInt8] = []
    /// Whether a stop string was met; nothing passes after it.
    package private(set) var stopped = false

    package init(_ stops: [[UInt8]]) { (self.stops, longest) = (stops, stops.map(\.count).max() ?? 0) }

    /// The bytes of `text` that are certain to come before any stop string.
    package mutating func pass(_ text: [UInt8]) -> [UInt8] {
        guard !stopped else { return [] }
        held += text
        if let at = firstStop() {
            stopped = true
            return Array(held.prefix(at))
        }
        let keep = (0...min(held.count, longest)).reversed().first { length in
            stops.contains { $0.starts(with: held.suffix(length)) }
        } ?? 0
        defer { held.removeFirst(held.count - keep) }
        return Array(held.dropLast(keep))
    }

    /// What is still held back at the end of the text.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return stopped ? [] : held
    }

    private func firstStop() -> Int? {
        held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
    }
}
