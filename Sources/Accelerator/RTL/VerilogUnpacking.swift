/// The modules that make flags of the trits of a word.
extension VerilogParts {
    /// `unpack_trits` of a unit, and what it needs.
    static func unpacking(_ unit: TernaryUnit) throws -> String {
        let groups = try TritGroups(unit.packing)
        return unpackTrits(unit, groups) + "\n" + (groups.trits == 1 ? alone(bytes: groups.bits == 8) : table(groups))
    }

    private static func unpackTrits(_ unit: TernaryUnit, _ groups: TritGroups) -> String {
        let trits = unit.lanes * unit.columns, count = groups.groups(of: trits)
        return """
            // The trits of a word as flags: groups of \(groups.trits) in \(groups.bits) bits each, the first lowest.
            module unpack_trits (
                input  wire [\(8 * unit.wordBytes - 1):0] word,
                output wire [\(trits - 1):0] plus,
                output wire [\(trits - 1):0] minus
            );
                // Whole groups; of the last one's bits those that the word leaves out are 0, and trits that no lane has are not used.
                wire [\(max(count * groups.bits, 8 * unit.wordBytes) - 1):0] bits = word;
                wire [\(count * groups.trits - 1):0] all_plus, all_minus;
                genvar g;
                generate
                    for (g = 0; g < \(count); g = g + 1) begin : group
                        unpack_group trits (bits[\(groups.bits)*g +: \(groups.bits)], all_plus[\(groups.trits)*g +: \(groups.trits)], \
            all_minus[\(groups.trits)*g +: \(groups.trits)]);
                    end
                endgenerate
                assign plus = all_plus[\(trits - 1):0];
                assign minus = all_minus[\(trits - 1):0];
            endmodule

            """
    }

    /// A trit that has bits of its own.
    private static func alone(bytes: Bool) -> String {
        """
        // \(bytes ? "A byte in two's complement: -1, 0, +1." : "Two bits: 0, 1, 2 for -1, 0, +1.")
        module unpack_group (
            input  wire [\(bytes ? 7 : 1):0] bits,
            output wire plus,
            output wire minus
        );
            assign plus = \(bytes ? "bits[0] && !bits[7]" : "bits[1]");
            assign minus = \(bytes ? "bits[7]" : "bits == 2'd0");
        endmodule

        """
    }

    /// Digits of a number in base 3, by a table: that takes fewer gates than dividing, and less time.
    private static func table(_ groups: TritGroups) -> String {
        let count = (0..<groups.trits).reduce(1) { power, _ in 3 * power }
        let lines = (0..<count).map { "            \(groups.bits)'d\($0): flags = \(flags(of: $0, groups));" }.joined(separator: "\n")
        return """
            // \(groups.trits) trits as digits of a number in base 3, the first lowest: 0, 1, 2 for -1, 0, +1.
            module unpack_group (
                input  wire [\(groups.bits - 1):0] bits,
                output wire [\(groups.trits - 1):0] plus,
                output wire [\(groups.trits - 1):0] minus
            );
                reg [\(2 * groups.trits - 1):0] flags;
                assign {plus, minus} = flags;
                always @* case (bits)
            \(lines)
                    default: flags = \(2 * groups.trits)'d0;
                endcase
            endmodule

            """
    }

    private static func flags(of number: Int, _ groups: TritGroups) -> String {
        let digits = (0..<groups.trits).map { place in (0..<place).reduce(number) { value, _ in value / 3 } % 3 }
        func bits(_ digit: Int) -> String { String(digits.reversed().map { $0 == digit ? "1" : "0" }) }
        return "\(2 * groups.trits)'b\(bits(2))_\(bits(0))"
    }
}
