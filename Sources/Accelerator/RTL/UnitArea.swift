import Basis

/// What a unit takes of an FPGA of Xilinx' series 7.
public struct UnitArea: Hashable, Sendable {
    /// Tables of six inputs, those that serve as memory or shift registers included.
    public var luts: Int
    public var flipFlops: Int
    /// Blocks of 36 Kbit, which hold the vector; halves are possible.
    public var blockMemories: Double

    public init(luts: Int, flipFlops: Int, blockMemories: Double) {
        (self.luts, self.flipFlops, self.blockMemories) = (luts, flipFlops, blockMemories)
    }
}

extension RTLFolder {
    /// Whether `area` can be called.
    public static var hasYosys: Bool { ShellCommand.finds("yosys") }

    /// What Yosys makes of the unit: mapped to cells of series 7, neither placed nor routed.
    public func area() throws -> UnitArea {
        guard RTLFolder.hasYosys else { throw Failure("there is no yosys in the PATH; Debian calls it yosys") }
        let line = "cd \(ShellCommand.quoted(path)) && yosys -q -s area.ys > area.log 2>&1 && cat area.json"
        guard let text = try? ShellCommand(line).output() else { throw Failure("yosys cannot map the unit: see '\(path)/area.log'") }
        return try placing("'\(path)/area.json'") { try UnitArea(yosys: JSON(parsing: text)) }
    }
}

extension UnitArea {
    /// From what `stat -json` prints.
    package init(yosys report: JSON) throws {
        guard let cells = report["design"]?["num_cells_by_type"]?.objectValue else { throw Failure("lists no cells") }
        self.init(luts: 0, flipFlops: 0, blockMemories: 0)
        for member in cells.members {
            guard let count = member.value.intValue else { throw Failure("'\(member.key)' has no count") }
            add(member.key, count)
        }
    }

    private mutating func add(_ cell: String, _ count: Int) {
        switch cell {
        case "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "SRL16E", "SRLC32E": luts += count
        case "RAM32X1D", "RAM64X1D": luts += 2 * count
        case "RAM32M", "RAM64M", "RAM128X1D": luts += 4 * count
        case "FDRE", "FDSE", "FDCE", "FDPE": flipFlops += count
        case "RAMB36E1": blockMemories += Double(count)
        case "RAMB18E1": blockMemories += 0.5 * Double(count)
        // Carry chains, multiplexers behind tables, buffers: they come with the tables.
        default: break
        }
    }
}
