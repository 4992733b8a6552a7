import Models

/// What one node of a graph asks of a device in a pass.
public struct Work: Sendable {
    /// What does it, if the device has something of its own for it.
    public enum Kind: String, CaseIterable, Sendable { case ternary, dense, attention, vector, lookup }

    /// The node's.
    public let name: String
    public let layer: Layer
    /// The operation's name.
    public let operation: String
    public let kind: Kind
    /// Rows of activations.
    public let rows: Int
    /// Of a product: its weights, and how many of them make one output.
    public let weights: Double
    public let columns: Int
    /// Products of a weight, a key or a value with an activation.
    public let multiplyAdds: Double
    /// Everything else that is done to numbers.
    public let additions: Double
    public let multiplications: Double
    public let exponentials: Double
    /// Divisions and square roots.
    public let divisions: Double
    /// Numbers of weights that are no products: gains, rows that are looked up.
    public let parameters: Double
    /// Numbers that rows hold, read and written, and bytes of quantised ones.
    public let activations: Double
    public let quantisedBytes: Double
    /// Of a recurrence, in floats of 32 bits.
    public let stateBytes: Double
    /// Numbers of keys and values, read and written.
    public let cached: Double
}

/// Where in a model a node stands.
public enum Layer: Hashable, Sendable {
    /// Before the blocks, the blocks by their number, and behind them.
    case input
    case block(Int)
    case output

    /// The first part of a name that is a number is that of its block; `before` is the layer of the node before.
    init(of name: String, before: Layer) {
        if let number = name.split(separator: ".").lazy.compactMap({ Int($0) }).first(where: { $0 >= 0 }) { self = .block(number); return }
        self = before == .input ? .input : .output
    }

    /// As reports call it.
    public var text: String {
        switch self {
        case .input: "input"
        case .block(let number): "block \(number)"
        case .output: "output"
        }
    }

    var isBlock: Bool { if case .block = self { true } else { false } }
}
