import Basis

/// Writes text to standard output at once; a full disk is a failure.
public func printOut(_ text: String) throws {
    let out = DescriptorSink.standardOutput()
    try out.write(text)
    try out.close()
}
