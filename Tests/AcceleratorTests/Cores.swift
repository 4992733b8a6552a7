import Accelerator
import Basis
import Catalog
import Models
import Support

extension Core {
    /// Does everything, in registers wide enough for the small models but not for the vocabulary of all of them.
    static let small = Core(
        clock: 100e6, registerWidth: 256, ternary: TernaryUnit(lanes: 8, columns: 4), port: Port(bits: 64, cyclesPerAccess: 4, burst: 8),
        scratchBytes: 1 << 12, attention: AttentionUnit(), host: Host(cyclesPerOperation: 4))

    /// What is known of the core that Zhu et al. measured on a D5005: 60 MHz, a byte at a time from memory; that an access takes three
    /// cycles is fitted to their 43 ms.
    static let d5005 = Core(
        clock: 60e6, registerWidth: 1536, ternary: TernaryUnit(lanes: 4, columns: 1),
        port: Port(bits: 8, cyclesPerAccess: 3), scratchBytes: 1 << 20)
}

/// Every small model of every family whose operations a core has units for: what runs by its own code has one weight at most.
func smallGraphs() throws -> [Graph] { try allSmallGraphs().filter { $0.nodes.allSatisfy { $0.operation.weights.count <= 1 } } }

/// Every small model of every family.
func allSmallGraphs() throws -> [Graph] {
    try Catalog.families.flatMap { family in try (smallConfigurations[family.name] ?? []).map { try family.graph(configuration: $0) } }
}

/// A model of the MatMul-free family.
func matmulFree(width: Int, layers: Int, vocabulary: Int = 32000) throws -> Graph {
    let configuration: JSON = [
        "model_type": "hgrn_bit", "vocab_size": .integer(vocabulary), "hidden_size": .integer(width), "num_hidden_layers": .integer(layers),
    ]
    guard let family = Catalog.family(of: configuration) else { throw Failure("there is no such family") }
    return try family.graph(configuration: configuration)
}
