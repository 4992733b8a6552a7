/// Graphs that compute the same bits in fewer steps.
extension Graph {
    /// What `Machine` runs.
    var optimised: Graph { fusingNormQuantise.fusingGates }

    /// RMSNorm whose only reader is Quantise: both at once.
    package var fusingNormQuantise: Graph {
        fusing { node, producer in
            guard node.operation is Quantise, let norm = producer(0)?.operation as? RMSNorm, let input = producer(0)?.inputs else {
                return nil
            }
            return (NormQuantise(norm: norm), input)
        }
    }

    /// SiLU or SquaredReLU whose only reader is a product: both at once. Multiplication commutes bit for bit, so either side may be the
    /// gate.
    package var fusingGates: Graph {
        fusing { node, producer in
            guard node.operation is Multiply else { return nil }
            for side in 0..<2 {
                guard let gate = producer(side) else { continue }
                let inputs = [gate.inputs.first, node.inputs[1 - side]].compactMap { $0 }
                if gate.operation is SiLU { return (SiLUProduct(), inputs) }
                if gate.operation is SquaredReLU { return (SquaredReLUProduct(), inputs) }
            }
            return nil
        }
    }

    /// Replaces each node for which `match` gives an operation with inputs. `match` sees the node and, for each of its inputs, the node
    /// that makes it if nobody else reads that.
    private func fusing(_ match: (Node, (Int) -> Node?) -> ((any Operation), [Int])?) -> Graph {
        var readers = [Int](repeating: 0, count: nodes.count)
        for node in nodes { for input in node.inputs { readers[input] += 1 } }
        var result = self
        for (index, node) in nodes.enumerated() {
            let replacement = match(node) { position in
                let input = node.inputs[position]
                return readers[input] == 1 ? nodes[input] : nil
            }
            guard let (operation, inputs) = replacement else { continue }
            result.nodes[index] = Node(name: node.name, operation: operation, inputs: inputs, form: node.form)
        }
        return result.reduced(to: nodes.count - 1)
    }
}
