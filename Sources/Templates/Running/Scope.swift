/// Names and their values at one place of a template; what is not here may be further out.
final class Scope: @unchecked Sendable {
    private var values: [String: Value] = [:]
    private let outer: Scope?

    init(in outer: Scope?) { self.outer = outer }

    func value(_ name: String) -> Value? {
        var scope: Scope? = self
        while let here = scope {
            if let value = here.values[name] { return value }
            scope = here.outer
        }
        return nil
    }

    func set(_ name: String, _ value: Value) { values[name] = value }

    /// Breaks what would hold itself, or be taken apart too deep.
    func clear() { values = [:] }

    var ancestors: [Scope] { Array(sequence(first: self) { $0.outer }) }
}
