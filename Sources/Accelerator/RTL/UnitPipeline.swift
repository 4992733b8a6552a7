import Basis

/// Where the registers of a unit lie, from its latency.
///
/// The word and its activations are fetched into registers, and sums are registers: two cycles that every unit takes. What is left of
/// the latency are registers on the way from the trits to the sum: at most one behind the choice of +a, -a or 0 and one behind each
/// level of the adder tree, spread evenly where there are fewer; more than these wait in front of the sum.
public struct UnitPipeline: Hashable, Sendable {
    /// Levels of the adder tree.
    public let levels: Int
    /// Registers behind the choice, then behind each level: `levels` + 1 numbers.
    public let registers: [Int]

    /// Cycles that cannot be left out: the fetch, and the sum.
    public static let least = 2

    /// Refuses sizes that cannot be built.
    public init(_ unit: TernaryUnit) throws {
        try UnitPipeline.check(unit)
        levels = UnitPipeline.levels(lanes: unit.lanes)
        registers = UnitPipeline.spread(unit.latency - UnitPipeline.least, over: levels + 1)
    }

    /// The least latency at which nothing but one level of the tree lies between two registers.
    public static func full(lanes: Int) -> Int { least + 1 + levels(lanes: lanes) }

    static func levels(lanes: Int) -> Int { lanes <= 1 ? 0 : Int.bitWidth - (lanes - 1).leadingZeroBitCount }

    private static func check(_ unit: TernaryUnit) throws {
        guard (1...1024).contains(unit.lanes) else { throw Failure("\(unit.lanes) lanes cannot be built: 1 to 1024 can") }
        guard (1...1024).contains(unit.columns) else { throw Failure("\(unit.columns) columns cannot be built: 1 to 1024 can") }
        guard unit.lanes * unit.columns <= 8192 else { throw Failure("\(unit.lanes * unit.columns) trits a word are more than 8192") }
        guard unit.latency >= least else {
            throw Failure("a latency of \(unit.latency) cycles cannot be built: the fetch and the sum take \(least)")
        }
        guard unit.latency <= 64 else { throw Failure("a latency of \(unit.latency) cycles is more than 64") }
        let narrowest = 8 + levels(lanes: unit.lanes) + 1
        guard (narrowest...32).contains(unit.accumulatorBits) else {
            throw Failure("sums of \(unit.accumulatorBits) bits cannot be built: with \(unit.lanes) lanes they need \(narrowest) to 32")
        }
    }

    private static func spread(_ count: Int, over places: Int) -> [Int] {
        var registers = [Int](repeating: count >= places ? 1 : 0, count: places)
        if count >= places { registers[places - 1] += count - places } else {
            for index in 0..<count { registers[((2 * index + 1) * places) / (2 * count)] = 1 }
        }
        return registers
    }
}
