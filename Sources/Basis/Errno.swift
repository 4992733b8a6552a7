import Glibc

/// What the system says about `code`, in lower case as our errors are: `no such file or directory`.
public func systemReason(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    let reason = String(cString: text)
    return reason.prefix(1).lowercased() + reason.dropFirst()
}

extension Failure {
    /// `cannot open 'x': no such file or directory`; `code` is errno's value.
    public static func system(_ verb: String, _ subject: String, _ code: Int32) -> Failure {
        Failure("cannot \(verb) '\(subject)': \(systemReason(code))")
    }
}

/// Repeats a system call that a signal interrupted; throws what `failure` makes of errno when it fails otherwise.
@discardableResult
func retrying<Value: BinaryInteger>(_ call: () -> Value, _ failure: (Int32) -> Failure) throws -> Value {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        guard code == EINTR else { throw failure(code) }
    }
}
