import Basis
import Testing

@Suite struct ShellCommandTests {
    @Test func `a quoted word reaches a program as it is`() throws {
        for word in ["", "plain", "two words", "it's", "''", "$HOME `id` \"x\" \\ *", "a\nb"] {
            #expect(try ShellCommand("printf %s \(ShellCommand.quoted(word))").output() == word)
        }
    }

    @Test func `a program is found or not`() {
        #expect(ShellCommand.finds("sh") && !ShellCommand.finds("no such program"))
    }

    @Test func `a failure tells the exit status`() {
        #expect(throws: Failure("'exit 3' failed with status 3")) { try ShellCommand("exit 3").output() }
    }
}
