/// What a unit takes, from its sizes alone: no tool is asked.
///
/// Tables: a pipelined ternary dot product of eight lanes takes 149 on an xc7a35t, which is 18.6 a lane, and the logic that makes five
/// trits of a byte 36 (Vivado, in the utilization report of Neumann-Labs/ternfpga). To these come a table for each bit of a sum, as an
/// adder has, a table for each flag of three trits in five bits, and the vector, where it is short. Flip-flops are counted in the
/// Verilog: words, activations, the registers of the tree, sums and control. Control takes few tables and is left out.
extension UnitArea {
    static let lutsPerLane = 149.0 / 8

    /// Fails for a packing that no logic unpacks.
    public init(estimating verilog: VerilogUnit) throws {
        let unit = verilog.unit, groups = try TritGroups(unit.packing).groups(of: unit.lanes * unit.columns)
        let vector = VectorMemory(bits: 8 * unit.lanes, words: verilog.vectorWords)
        let trees = Double(unit.lanes * unit.columns) * UnitArea.lutsPerLane
        let unpacking = groups * UnitArea.unpacking(unit.packing)
        let fetched = 8 * unit.wordBytes + (vector.blocks == 0 ? 8 * unit.lanes : 0)
        self.init(
            luts: Int(trees.rounded()) + unit.columns * unit.accumulatorBits + unpacking + vector.luts,
            flipFlops: fetched + unit.columns * (verilog.pipeline.treeBits + unit.accumulatorBits) + verilog.addressBits + unit.latency + 2,
            blockMemories: Double(vector.blocks))
    }

    /// Tables that make flags of a group of trits. Two bits go into the lane's own.
    private static func unpacking(_ packing: Packing) -> Int {
        switch packing {
        case .fives: 36
        case .triples: 6
        case .pairs, .bytes, .ideal: 0
        }
    }
}

extension UnitPipeline {
    /// Bits of the registers of one adder tree: a node of level k is a number of 8 + k bits and a pending one.
    var treeBits: Int {
        registers.enumerated().reduce(0) { $0 + $1.element * ((1 << levels) >> $1.offset) * (9 + $1.offset) }
    }
}

/// The memory of the vector, as series 7 offers it: up to 64 words lie in tables, of which four hold 6 bits of 32 words or 3 of 64; more
/// in blocks of 512 words of 72 bits.
private struct VectorMemory {
    let luts: Int
    let blocks: Int

    init(bits: Int, words: Int) {
        luts = words > 64 ? 0 : 4 * bits.ceilingDivided(by: words > 32 ? 3 : 6)
        blocks = words > 64 ? bits.ceilingDivided(by: 72) * words.ceilingDivided(by: 512) : 0
    }
}
