import Basis
import Glibc

/// Writes text to standard output at once; a full disk is a failure.
public func printOut(_ text: String) throws {
    let out = DescriptorSink.standardOutput()
    try out.write(text)
    try out.close()
}

/// Writes words for people to standard error. That it may be closed or full is nobody's concern.
func printError(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}
