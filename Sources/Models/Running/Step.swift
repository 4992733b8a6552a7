/// A node as a machine runs it, with all that is known of it before. An object, since to pass its parts about takes longer than many a
/// node.
final class Step: Sendable {
    let node: Graph.Node
    let operation: any Operation
    let inputs: [Int]
    let form: Form
    let parameter: Parameter
    /// Of a node with state, its place in a session.
    let slot: Int?
    /// Whether it goes together with the other ternary products of its stage.
    let multiplies: Bool

    init(_ node: Graph.Node, _ parameter: Parameter, slot: Int?) {
        (self.node, self.parameter, self.slot) = (node, parameter, slot)
        (operation, inputs, form, multiplies) = (node.operation, node.inputs, node.form, node.operation is TernaryLinear)
    }
}
