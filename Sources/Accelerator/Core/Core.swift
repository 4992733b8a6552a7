import Basis

/// The sizes of an accelerator for MatMul-free language models (Zhu et al. 2024, "Scalable MatMul-free Language Modeling", section 5):
/// vector registers, a unit each for rows, norms, loads and stores, and ternary products, and one port to a memory that holds all weights.
///
/// What a transformer needs beside these is optional: a unit for attention, and a host that does whatever no unit does.
public struct Core: Hashable, Sendable {
    /// Cycles a second.
    public var clock: Double
    /// Equal cores, each at a token of its own; they share the port evenly.
    public var cores: Int
    /// Vector registers of a core.
    public var registers: Int
    /// Numbers that a vector register holds.
    public var registerWidth: Int
    /// Bits of a number in memory: a gain, a state, what is spilled, an entry of a table.
    public var numberBits: Int
    public var ternary: TernaryUnit
    /// Elementwise operations; nil where the host does them.
    public var row: VectorUnit?
    /// RMS norms: a pass that sums squares, a root within the latency, a pass that scales. Nil where the host does them.
    public var norm: VectorUnit?
    public var port: Port
    /// Bytes of memory on the chip, for states, scales, gains and spills as far as they fit. Its addresses begin at 0, those of the port
    /// behind it.
    public var scratchBytes: Int
    public var attention: AttentionUnit?
    public var host: Host?

    public init(
        clock: Double, cores: Int = 1, registers: Int = 8, registerWidth: Int, numberBits: Int = 32, ternary: TernaryUnit,
        row: VectorUnit? = VectorUnit(), norm: VectorUnit? = VectorUnit(), port: Port, scratchBytes: Int = 0,
        attention: AttentionUnit? = nil, host: Host? = nil
    ) {
        (self.clock, self.cores, self.registers, self.registerWidth) = (clock, cores, registers, registerWidth)
        (self.numberBits, self.ternary, self.row, self.norm, self.port) = (numberBits, ternary, row, norm, port)
        (self.scratchBytes, self.attention, self.host) = (scratchBytes, attention, host)
    }
}

extension Core {
    /// Cycles of one query of attention to `tokens` keys and values of `width` numbers, if they are there; nil without the unit.
    public func attentionCycles(tokens: Int, width: Int) -> Int? { attention?.cycles(tokens: tokens, width: width) }

    /// Bytes of so many numbers in memory.
    func bytes(numbers: Int) -> Int { numbers * (numberBits / 8) }

    /// Bytes of so many quantised activations in memory, their step included.
    func bytes(quantised: Int) -> Int { quantised + 4 }
}
