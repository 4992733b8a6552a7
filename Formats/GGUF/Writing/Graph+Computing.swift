import Basis
import Models

extension Graph {
    /// Whether it computes what another one computes, whatever its nodes and its weights are called: weights that a GGUF file gives the
    /// same name are the same. A window counts only where it is narrower than `positions`.
    func computes(_ other: Graph, positions: Int) -> Bool { plain(positions) == other.plain(positions) }

    private func plain(_ positions: Int) -> [JSON] {
        nodes.map { node in
            var attributes = JSONObject()
            for member in node.operation.attributes.members {
                if member.key == "window", member.value.intValue ?? 0 >= positions { continue }
                attributes[member.key] = member.value.stringValue.flatMap(TensorNames.gguf).map { .string($0) } ?? member.value
            }
            return [.string(type(of: node.operation).name), .object(attributes), .array(node.inputs.map { .integer($0) })]
        }
    }
}
