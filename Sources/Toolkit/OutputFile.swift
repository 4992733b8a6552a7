import Basis
import Glibc

/// Where `-o PATH` leads, for bytes that no terminal should see.
public func openOutput(_ path: String) throws -> any ByteSink {
    guard path != "-" || isatty(STDOUT_FILENO) == 0 else {
        throw Failure("will not write binary data to a terminal: name a file with -o or use a pipe")
    }
    return try Output.open(path)
}

/// Writes a whole text to where `path` leads.
public func writeText(_ text: String, to path: String) throws {
    let sink = try Output.open(path)
    try sink.write(text)
    try sink.close()
}
