/// A fact that stops a program, told in one line without its program's name: `cannot open 'x.safetensors': no such file`.
///
/// Lower case, the fact first, the subject in single quotes, no full stop. Libraries throw it; `Toolkit` prints it after the
/// program's name and exits with 2.
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ fact: String) { description = fact }

    /// The same fact with what it happened to in front of it: `'model.tern': tensor 'x' is cut short`.
    /// Told already, it is not told again.
    public func about(_ subject: String) -> Failure {
        description.hasPrefix("'\(subject)':") ? self : Failure("'\(subject)': \(description)")
    }
}

/// Runs `body`; a failure in it is told with the place in front as it is, for places that have no name: `line 2: bad JSON at byte 7: ..`.
/// Told already, it is not told again.
public func placing<Result>(_ place: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as Failure {
        let start = "\(place()): "
        throw failure.description.hasPrefix(start) ? failure : Failure(start + failure.description)
    }
}

/// Runs `body`; a failure in it is told with `subject` in front, in quotes.
public func naming<Result>(_ subject: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as Failure { throw failure.about(subject()) }
}
