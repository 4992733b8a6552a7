import Basis
import Models
import Safetensors
import Tensors

/// Writes the logits of a text as safetensors: `logits`, float32, positions x vocabulary, row t after the tokens up to t.
public func writeLogits(of tokens: [Int32], from session: Session, _ machine: Machine, to path: String) throws {
    guard !tokens.isEmpty else { throw Failure("the prompt has no tokens") }
    let entry = try TensorEntry(name: "logits", element: .float32, shape: [tokens.count, machine.graph.outputWidth])
    let sink = try openOutput(path)
    let writer = try SafetensorsWriter(SafetensorsHeader(entries: [entry]), to: sink)
    var feeds = [Machine.Feed(session, tokens[...], wanted: .all)]
    try machine.run(&feeds) { _, _, row in try writer.write(UnsafeRawBufferPointer(row)) }
    try writer.finish()
    try sink.close()
}
