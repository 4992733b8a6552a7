import Basis

/// Graphs for people: `infer --graph` and `infer --graph=dot`.
extension Graph {
    /// One line a node: its position, form, name, operation, inputs, and attributes that are no names.
    public var text: String {
        let forms = nodes.map(\.form.description)
        let width = forms.map(\.count).max() ?? 0
        return nodes.indices.map { index in
            let inputs = nodes[index].inputs.map { "%\($0)" }.joined(separator: ", ")
            let form = forms[index] + String(repeating: " ", count: width - forms[index].count)
            return "%\(index)\(index < 10 ? "  " : index < 100 ? " " : "") \(form) \(nodes[index].label)(\(inputs))  \(nodes[index].name)\n"
        }.joined()
    }

    /// For Graphviz: a box a node, an arrow from each input.
    public var dot: String {
        var lines = ["digraph model {", "  rankdir = BT; node [shape = box, fontname = monospace];"]
        for (index, node) in nodes.enumerated() {
            let label = JSON.string("\(node.name)\n\(node.label) \(node.form)").compact
            lines.append("  n\(index) [label = \(label)];")
            lines += node.inputs.map { "  n\($0) -> n\(index);" }
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }
}

extension Graph.Node {
    /// The operation with its numeric attributes: `slice{start=512,count=512}`.
    var label: String {
        let numbers = operation.attributes.members.filter { $0.value.doubleValue != nil }.map { "\($0.key)=\($0.value.compact)" }
        return type(of: operation).name + (numbers.isEmpty ? "" : "{\(numbers.joined(separator: ","))}")
    }
}
