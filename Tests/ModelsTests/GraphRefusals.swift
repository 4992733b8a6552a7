import Basis
import Catalog
import Models
import Testing

/// Graphs that nobody vouches for.
@Suite struct GraphRefusals {
    private static let good = #"{"name": "e", "operation": "embedding", "inputs": [], "attributes": {"table": "t", "vocabulary": 9, "width": 4}}"#

    private func refusal(_ nodes: String) -> String? {
        do {
            _ = try Graph(json: JSON(parsing: #"{"nodes": [\#(nodes)]}"#), operations: Catalog.operations)
            return nil
        } catch { return "\(error)" }
    }

    private static func node(_ operation: String, _ inputs: String, _ attributes: String = "{}", name: String = "n") -> String {
        #"{"name": "\#(name)", "operation": "\#(operation)", "inputs": \#(inputs), "attributes": \#(attributes)}"#
    }

    private static func rope(_ scaling: String) -> String { #"{"heads": 1, "width": 4, "base": 100, "scaling": \#(scaling)}"# }

    private static let bad: [(String, String)] = [
        ("", "the graph has no nodes"),
        (good + "," + node("teleport", "[0]"), "no operation 'teleport'"),
        (good + "," + node("sigmoid", "[1]"), "an input that does not come before it"),
        (good + "," + node("sigmoid", "[-1]"), "an input that does not come before it"),
        (good + "," + node("sigmoid", "[0.5]"), "an input that does not come before it"),
        (good + "," + node("sigmoid", "[0, 0]"), "takes 1 inputs, has 2"),
        (good + "," + node("quantise", "[0]"), "output is not a row of floats"),
        (good + "," + node("sigmoid", "[0]", #"{"x": 1}"#), "unknown attribute 'x'"),
        (good + "," + node("slice", "[0]", #"{"start": 3, "count": 2}"#), "takes 2 numbers from 3 on out of rows 4 wide"),
        (good + "," + node("slice", "[0]", #"{"start": 9223372036854775807, "count": 2}"#), "attribute 'start'"),
        (good + "," + node("recurrence", "[0, 0]", #"{"width": 5}"#), "is 5 wide, its inputs 4"),
        (good + "," + node("sigmoid", "[0]", name: "e"), "two nodes 'e'"),
        (node("embedding", "[]", #"{"table": "t", "vocabulary": 9, "width": 2147483647}"#), "wide, more than"),
        (node("embedding", "[]", #"{"table": "t", "vocabulary": -9, "width": 4}"#), "attribute 'vocabulary'"),
        (node("embedding", "[]", #"{"table": "", "vocabulary": 9, "width": 4}"#), "attribute 'table'"),
        (#"{"name": "x"}"#, "lacks one of"),
        (good + "," + node("rms-norm", "[0]", #"{"gain": "t", "width": 4, "epsilon": 1e-6}"#), "the weight 't' in two ways"),
        (good + "," + node("head-norm", "[0]", #"{"gain": "g", "width": 2, "heads": 3, "epsilon": 1e-6}"#), "for 3 heads of 2 numbers"),
        (good + "," + node("rope", "[0]", rope(#"{"kind": "ntk"}"#)), "unknown scaling 'ntk'"),
        (good + "," + node("rope", "[0]", rope(#"{"kind": "dynamic", "factor": 0, "original": 4}"#)), "the factor 0.0 is not positive"),
        (
            good + "," + node("rope", "[0]", rope(#"{"kind": "longrope", "short": [1], "long": [1, 2], "original": 4, "attention": 1}"#)),
            "longrope has 1 and 2 factors"
        ),
        (
            good + "," + node("rope", "[0]", rope(#"{"kind": "longrope", "short": [1, -1], "long": [1, 2], "original": 4, "attention": 1}"#)),
            "attribute 'short' is not a list of positive numbers"
        ),
        (
            good + "," + node("rope", "[0]", rope(#"{"kind": "yarn", "factor": 2, "original": 4, "fast": 3, "slow": 1, "attention": 1}"#)),
            "attribute 'truncates' is not true or false"
        ),
        (
            good + "," + node("ttt.inner-loop", "[0, 0, 0, 0, 0]", #"{"scope": "s.", "heads": 2, "width": 2, "mini-batch": 4, "rate": 1}"#),
            "takes inputs of [f32[4], f32[4], f32[4], f32[2], f32[1]]"
        ),
        (
            good + "," + node("ttt.inner-loop", "[0]", #"{"scope": "s.", "heads": 2, "width": 99999, "mini-batch": 4, "rate": 1}"#),
            "attribute 'width' is not an integer of 1 to 4096"
        ),
        (good + "," + node("ttt.learning-rate", "[0]", #"{"scope": "s.", "heads": 9999, "width": 4}"#), "9999 heads are too many"),
        (good + "," + node("causal-convolution", "[0]", #"{"kernel": "k", "width": 4, "length": 1}"#), "attribute 'length'"),
        (good + "," + node("causal-convolution", "[0]", #"{"kernel": "k", "width": 5, "length": 3}"#), "is 5 wide, its input 4"),
        (good + "," + node("matmul-free.lower-bound", "[0]", #"{"bounds": "b", "layers": 2, "width": 4, "layer": 2}"#), "for layer 2 of 2"),
    ]

    @Test func aGoodOneIsTaken() { #expect(refusal(Self.good) == nil) }

    @Test(arguments: bad)
    func badOnesAreRefused(_ nodes: String, _ reason: String) {
        let refusal = refusal(nodes)
        #expect(refusal?.contains(reason) == true, "\(refusal ?? "it was taken")")
    }
}
