import Basis
import Catalog
import Models
import Synchronization

/// The families that programs make: `tern-model-NAME` reads a config.json whose `model_type` is NAME and prints the model's graph.
enum ProgramFamily: ModelFamily {
    static let name = "plugin"
    static let modelTypes: [String] = []
    static let quantiser: String? = "absmean"

    static func reads(_ configuration: JSON) -> Bool { program(configuration) != nil }

    private static func program(_ configuration: JSON) -> PluginProgram? {
        configuration["model_type"]?.stringValue.flatMap { PluginProgram(.model, $0) }
    }

    static func graph(configuration: JSON) throws -> Graph {
        let answer = try answer(configuration)
        guard let program = program(configuration) else { throw Failure("there is no such plugin") }
        return try program.told { try Graph(json: answer, operations: Catalog.operations) }
    }

    /// What the graph says beside its nodes: how its trits are trained.
    static func quantiser(for configuration: JSON) throws -> String? {
        guard let quantiser = try answer(configuration)["quantiser"] else { return quantiser }
        guard let name = quantiser.stringValue else { throw Failure("the plugin's 'quantiser' is no name") }
        return name
    }

    /// A gain is 1, a bias 0; matrices are as far spread as `initializer_range` says.
    static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues {
        if weight.name.hasSuffix(".bias") { return .constant(0) }
        let deviation = configuration["initializer_range"]?.doubleValue ?? 0.02
        return weight.shape.count == 1 ? .constant(1) : .normal(deviation: deviation)
    }

    /// The last configuration that was asked about, and what the plugin said.
    private static let last = Mutex<(configuration: JSON, answer: JSON)?>(nil)

    private static func answer(_ configuration: JSON) throws -> JSON {
        if let known = last.withLock({ $0?.configuration == configuration ? $0?.answer : nil }) { return known }
        guard let program = program(configuration) else { throw Failure("there is no such plugin") }
        let answer = try program.object(of: configuration.compact + "\n")
        last.withLock { $0 = (configuration, answer) }
        return answer
    }
}

/// Models that begin by a plugin: `tern-model-NAME --new key=value .. vocab=N` prints a config.json.
public struct ProgramBeginning {
    private let program: PluginProgram
    private let name: String

    /// Nil if there is no such plugin.
    public init?(_ name: String) {
        guard let program = PluginProgram(.model, name) else { return nil }
        (self.program, self.name) = (program, name)
    }

    /// The configuration of a model for so many tokens. The plugin is given what it was told, in alphabetical order, and refuses what it
    /// does not know.
    public func configuration(_ pairs: [(key: String, value: String)], vocabulary: Int) throws -> JSONObject {
        let words = pairs.map { "\($0.key)=\($0.value)" } + ["vocab=\(vocabulary)"]
        let configuration = try program.object(["--new"] + words, of: "")
        guard configuration["model_type"]?.stringValue == name, let object = configuration.objectValue else {
            throw Failure("plugin '\(program.name)' printed a configuration whose model_type is not '\(name)'")
        }
        return object
    }
}

extension Catalog {
    /// The family that makes the graph of a configuration: one that is compiled in, or else a plugin's.
    public static func anyFamily(of configuration: JSON) -> (any ModelFamily.Type)? {
        family(of: configuration) ?? (ProgramFamily.reads(configuration) ? ProgramFamily.self : nil)
    }
}
