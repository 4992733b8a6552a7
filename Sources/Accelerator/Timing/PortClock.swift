/// The port's time: who asked has it in turn; while nobody asks, words of the next matrix are fetched ahead.
struct PortClock {
    private let port: Port
    /// Cores that take turns: each has the port for one cycle of so many.
    private let cores: Int
    /// When all that was asked for is there.
    private(set) var free = 0
    /// From when on words may be fetched ahead: the unit takes them no sooner than it is done with those before.
    private var aheadFrom = 0
    /// Bytes of the next matrix that are there.
    private var ahead = 0

    init(_ core: Core) { (port, cores) = (core.port, core.cores) }

    private func cycles(_ bytes: Int) -> Int { port.cycles(bytes: bytes) * cores }

    /// Bytes are asked for at a time; returns when they are there. `next` is the size of the next matrix.
    mutating func move(_ bytes: Int, at time: Int, next: Int) -> Int {
        fetchAhead(until: time, next: next)
        free = max(free, time) + cycles(bytes)
        return free
    }

    /// A matrix of `bytes` is multiplied by from `time` on, at best until `ready`, and `results` bytes go out. Returns when its words and
    /// they are through.
    mutating func stream(_ bytes: Int, results: Int, at time: Int, ready: Int, drain: Int) -> Int {
        fetchAhead(until: time, next: bytes)
        free = max(free, time) + cycles(bytes - min(ahead, bytes)) + cycles(results)
        (ahead, aheadFrom) = (0, max(free, ready - drain))
        return free
    }

    private mutating func fetchAhead(until time: Int, next: Int) {
        let start = max(free, aheadFrom)
        guard time > start else { return }
        ahead = min(min(port.fifo, next), ahead + port.bytes(cycles: (time - start) / cores))
        aheadFrom = time
    }
}
