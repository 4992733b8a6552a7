/// The way to the memory outside: beats of `bits`, in accesses of `burst` beats of which the first takes `cyclesPerAccess` cycles and each
/// further one takes one.
public struct Port: Hashable, Sendable {
    public var bits: Int
    public var cyclesPerAccess: Int
    public var burst: Int
    /// The share of the cycles in which the memory is ready: what refreshes and changes of rows leave.
    public var efficiency: Double
    /// Bytes of ternary words that are fetched ahead while nobody else wants the port.
    public var fifo: Int

    public init(bits: Int, cyclesPerAccess: Int = 1, burst: Int = 1, efficiency: Double = 1, fifo: Int = 0) {
        (self.bits, self.cyclesPerAccess, self.burst, self.efficiency, self.fifo) = (bits, cyclesPerAccess, burst, efficiency, fifo)
    }

    /// Cycles that neighbouring bytes take, the port being free.
    public func cycles(bytes: Int) -> Int {
        guard bytes > 0 else { return 0 }
        let beats = (8 * bytes).ceilingDivided(by: bits), accesses = beats.ceilingDivided(by: burst)
        let busy = Double(beats) + Double(accesses) * Double(cyclesPerAccess - 1)
        return Int(min((busy / efficiency).rounded(.up), Port.cycleLimit))
    }

    /// Far more than any program may take.
    private static let cycleLimit = 0x1p50

    /// Bytes that so many cycles bring, at most.
    func bytes(cycles: Int) -> Int {
        let ready = Double(cycles) * efficiency, access = Double(cyclesPerAccess + burst - 1)
        let rest = ready - (ready / access).rounded(.down) * access
        let beats = (ready / access).rounded(.down) * Double(burst) + max(0, rest - Double(cyclesPerAccess - 1)).rounded(.down)
        return Int(min(beats, 0x1p40)) * bits / 8
    }
}
