import Basis
import Glibc
import Support
import TestFiles
import Testing

/// A bad input, what is done with it, and how it is told.
struct BadInput: Sendable, CustomStringConvertible {
    let what: String
    let program: String
    let status: Int32
    /// Part of the one line.
    let fact: String
    /// Makes the files and gives the arguments.
    let arguments: @Sendable (Scratch) throws -> [String]
    var input = ProgramInput.none
    var environment: [String: String] = [:]
    var output: String?

    init(
        _ what: String, _ program: String, _ fact: String, status: Int32 = 2, input: ProgramInput = .none,
        environment: [String: String] = [:], output: String? = nil, _ arguments: @escaping @Sendable (Scratch) throws -> [String]
    ) {
        (self.what, self.program, self.fact, self.status, self.arguments) = (what, program, fact, status, arguments)
        (self.input, self.environment, self.output) = (input, environment, output)
    }

    var description: String { what }
}

/// Whatever is wrong is told in one line, with the right status; nothing is left behind and nothing crashes.
@Suite struct BadInputTests {
    @Test(arguments: BadInput.all) func `bad input is told in one line and leaves nothing behind`(_ bad: BadInput) throws {
        let scratch = try Scratch(), out = scratch.folder("out")
        try scratch.write("out/there", "before")
        let arguments = try bad.arguments(scratch)
        let outcome = try run(bad.program, arguments, input: bad.input, environment: bad.environment, output: bad.output)
        expectRefused(outcome, bad.program, status: bad.status, bad.fact, bad.what)
        #expect(outcome.output.isEmpty, "\(bad.what)")
        #expect(names(in: out) == ["there"], "\(bad.what): \(names(in: out))")
        #expect(try bytes(of: out + "/there") == Array("before".utf8), "\(bad.what)")
    }

    @Test func `there are many`() { #expect(BadInput.all.count >= 400) }

    @Test func `a closed pipe ends infer without a word`() throws {
        let model = try Made.shakespeare.packed, folder = try Made.shakespeare.folder
        for line in ["yes hello | head -n 300 | infer '\(model)' --max-tokens 20 | head -c 1", "infer '\(model)' --graph=json | head -c 1",
            "pack --unpack '\(model)' | head -c 1", "quantize --quiet '\(folder)' | head -c 1", "pack --list '\(model)' | head -c 1"] {
            let outcome = try shell(line)
            #expect(outcome.errors == "" && outcome.output.count == 1, "\(line): \(outcome.errors)")
        }
    }

    /// head has given all of its bytes away once it ends, and a pipe holds 64 KiB: most of them have been read and written by then.
    @Test func `a killed program leaves nothing under the name of its target`() throws {
        let made = try Made.shakespeare, scratch = try Scratch()
        let out = scratch.folder("out")
        let kill = "mkfifo f; pack -o out/x < f & p=$!; exec 3> f; head -c 2000000 '\(made.raw)' >&3; kill -9 $p; wait $p; exec 3>&-"
        _ = try shell(kill, folder: scratch.path)
        #expect(names(in: out) == [])
        // The signal for a file that grows too large ends a program in the middle of its writing.
        let outcome = try shell("ulimit -c 0; ulimit -f 100; exec quantize '\(made.folder)' -o out/x", folder: scratch.path)
        #expect(outcome.signal == SIGXFSZ)
        #expect(names(in: out) == [])
        let told = try shell("trap '' XFSZ; ulimit -f 100; exec quantize '\(made.folder)' -o out/x", folder: scratch.path)
        expectRefused(told, "quantize", "cannot write to 'out/x': file too large")
        #expect(names(in: out) == [])
    }

    @Test func `nothing binary goes to a terminal`() throws {
        guard try shell("command -v script").status == 0 else { return }
        let made = try Made.tiny
        let extract = "pack --extract lm_head.weight \(made.packed)"
        for command in ["quantize \(made.folder)", "pack \(made.raw)", "pack --unpack \(made.packed)", extract] {
            let outcome = try shell("script -qec '\(command)' /dev/null")
            #expect(outcome.status == 2, "\(command)")
            #expect(
                outcome.text.hasSuffix("will not write binary data to a terminal: name a file with -o or use a pipe\r\n"),
                "\(command): \(outcome.text.prefix(200))")
            #expect(outcome.lines.count == 1)
        }
        let text = try shell("script -qec 'pack --extract config.json \(made.packed)' /dev/null")
        #expect(text.status == 0 && text.text.contains("hgrn_bit"))
    }

    @Test func `a terminal sees the answer that a pipe gets`() throws {
        guard try shell("command -v script").status == 0 else { return }
        let model = try Made.shakespeare.packed
        let piped = try run("infer", [model, "ROMEO:", "--max-tokens", "30"]).text
        let seen = try shell("script -qec 'infer \(model) ROMEO: --max-tokens 30' /dev/null").text
        #expect(seen.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n") == piped)
    }
}
