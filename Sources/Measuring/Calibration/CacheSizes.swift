import Glibc
import Tensors

/// A level of the processor's caches, as Linux tells it under /sys/devices/system/cpu.
package struct CacheLevel: Hashable {
    let level: Int
    /// Of all the processors together that this process may run on.
    let bytes: Int

    /// The levels from the second on that hold data; none where the system does not say.
    static func all(processors: Int) -> [CacheLevel] {
        (0..<8).compactMap { index -> CacheLevel? in
            let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)"
            guard let level = word("\(folder)/level").flatMap({ Int($0) }), level >= 2, word("\(folder)/type") != "Instruction",
                let size = word("\(folder)/size").flatMap(bytes), let shared = word("\(folder)/shared_cpu_list")
            else { return nil }
            let sharers = max(1, count(shared))
            return CacheLevel(level: level, bytes: size * max(1, (processors + sharers - 1) / sharers))
        }
    }

    /// `0-3,8` are five.
    package static func count(_ list: String) -> Int {
        list.split(separator: ",").reduce(0) { sum, part in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            return sum + (ends.count == 2 && ends[0] <= ends[1] ? min(ends[1] - ends[0], 1 << 20) + 1 : ends.count == 1 ? 1 : 0)
        }
    }

    /// `1024K`
    package static func bytes(_ text: String) -> Int? {
        let shift = ["K": 10, "M": 20, "G": 30][text.suffix(1)] ?? 0
        guard let count = Int(shift > 0 ? text.dropLast() : text[...]), count > 0, count < 1 << 30 else { return nil }
        return count << shift
    }

    private static func word(_ path: String) -> String? {
        systemFile(path).map { String(decoding: $0.prefix { $0 > 32 }, as: UTF8.self) }
    }
}
