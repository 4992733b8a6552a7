/// What a unit can be told to do. Operands stand in the order of `fields`, separated by commas; `-` is a register that is not needed.
///
///     LD r, address, width        r ← numbers of memory               LDQ: int8 activations and their step
///     LDT r, table, width         r ← the row of a table that belongs to the token
///     ST r, address, width        memory ← r                          STQ: int8 activations and their step
///     TMM r, q, matrix, scale, rows, width                            r ← scale · step · (T q): a ternary product
///     TMMS address, q, matrix, scale, rows, width                     the same, straight to memory
///     RMS r, x, g, width, epsilon r ← x / sqrt(mean(x²) + ε) · g
///     ROW.add r, x, y, width      and ROW.mul
///     ROW.sigmoid r, x, width     and ROW.silu, ROW.complement (1 - x), ROW.relu, ROW.relu2 (max(x, 0)²)
///     ROW.quantise q, x, width    q ← int8 activations of x with one step
///     ROW.copy r, x, start, width r ← width numbers of x, from number start on
///     ROW.call r, x, y, z, w, s, width, work                          what the operation of the instruction's node does, on up to three
///                                 inputs with the weight w; s is its state, which changes; width numbers, work arithmetic operations
///     ATT r, q, k, v, cache, heads, key heads, head width, window     remembers k and v, then attends to all that is remembered
///     ROPE r, x, heads, head width                                    turns each head by the token's position
///     HOST.call, HOST.att         as ROW.call and ATT, by the host
///     HOST.linear r, x, table, rows, width                            r ← W x in floats;  HOST.linears address, x, ..: to memory
///     HALT                        the token is done
public enum Opcode: String, CaseIterable, Sendable {
    case load = "LD", loadQuantised = "LDQ", loadRow = "LDT", store = "ST", storeQuantised = "STQ"
    case ternary = "TMM", ternaryStore = "TMMS", norm = "RMS"
    case add = "ROW.add", multiply = "ROW.mul", sigmoid = "ROW.sigmoid", silu = "ROW.silu", complement = "ROW.complement"
    case relu = "ROW.relu", squaredRelu = "ROW.relu2", quantise = "ROW.quantise", copy = "ROW.copy", call = "ROW.call"
    case attention = "ATT", rope = "ROPE"
    case hostCall = "HOST.call", hostAttention = "HOST.att", hostLinear = "HOST.linear", hostLinearStore = "HOST.linears"
    case halt = "HALT"

    /// Operands in their order.
    public var fields: [Field] {
        switch self {
        case .load, .loadQuantised, .loadRow: [.to, .address, .width]
        case .store, .storeQuantised: [.a, .address, .width]
        case .ternary: [.to, .a, .address, .scale, .rows, .width]
        case .ternaryStore: [.into, .a, .address, .scale, .rows, .width]
        case .norm: [.to, .a, .weight, .width, .epsilon]
        case .add, .multiply: [.to, .a, .b, .width]
        case .sigmoid, .silu, .complement, .relu, .squaredRelu, .quantise: [.to, .a, .width]
        case .copy: [.to, .a, .start, .width]
        case .call, .hostCall: [.to, .a, .b, .c, .weight, .state, .work, .width]
        case .attention, .hostAttention: [.to, .a, .b, .c, .address, .heads, .keyHeads, .width, .window]
        case .rope: [.to, .a, .heads, .width]
        case .hostLinear: [.to, .a, .address, .rows, .width]
        case .hostLinearStore: [.into, .a, .address, .rows, .width]
        case .halt: []
        }
    }

    /// Where it is done; nil for the end.
    public var unit: Unit? {
        switch self {
        case .load, .loadQuantised, .loadRow, .store, .storeQuantised: .loadStore
        case .ternary, .ternaryStore: .ternary
        case .norm: .norm
        case .add, .multiply, .sigmoid, .silu, .complement, .relu, .squaredRelu, .quantise, .copy, .call: .row
        case .attention, .rope: .attention
        case .hostCall, .hostAttention, .hostLinear, .hostLinearStore: .host
        case .halt: nil
        }
    }

    /// Whether the register that is written may be one that is read: what goes in number by number comes out so.
    var mayOverwrite: Bool { unit == .norm || unit == .row && self != .call }
}

/// The parts of a core that work side by side.
public enum Unit: String, CaseIterable, Sendable {
    case row, norm, loadStore = "load-store", ternary, attention, host
}

/// An operand.
public enum Field: String, CaseIterable, Sendable {
    case to, a, b, c, weight, state
    case into, address, scale
    case width, rows, start, work, heads, keyHeads = "key heads", window
    /// A number in single precision.
    case epsilon

    var isRegister: Bool {
        switch self {
        case .to, .a, .b, .c, .weight, .state: true
        default: false
        }
    }

    var isAddress: Bool { self == .into || self == .address || self == .scale }
}
