import Basis

/// What a bench counted.
public struct RTLRun: Hashable, Sendable {
    /// From the first word to the last sum, both counted.
    public let cycles: Int
    /// Sums that were compared, one a row.
    public let sums: Int
    /// Sums that were wrong.
    public let mismatches: Int
}

extension RTLFolder {
    /// Whether `run` can be called.
    public static var hasVerilator: Bool { ShellCommand.finds("verilator") }

    /// Builds the bench with Verilator, if that has not been done yet, and runs it.
    public func run(_ feed: WordFeed = .full) throws -> RTLRun {
        try feed.check()
        try build()
        let text = try ShellCommand("cd \(ShellCommand.quoted(path)) && ./obj_dir/bench \(feed.arguments)").output()
        return try placing("the bench in '\(path)'") { try RTLRun(parsing: text) }
    }

    /// Cycles that `run` must count.
    public func expectedCycles(_ feed: WordFeed = .full) -> Int {
        let unit = verilog.unit
        return feed.cycles(words: vectors.wordCount, wordBits: 8 * unit.wordBytes, latency: unit.latency)
    }

    private func build() throws {
        guard RTLFolder.hasVerilator else { throw Failure("there is no verilator in the PATH; Debian calls it verilator") }
        guard !path.contains(where: \.isWhitespace) else { throw Failure("make cannot build in '\(path)': its path has a blank") }
        let folder = ShellCommand.quoted(path)
        guard (try? ShellCommand("cd \(folder) && make -s obj_dir/bench > build.log 2>&1").output()) != nil else {
            throw Failure("verilator cannot build the bench: see '\(path)/build.log'")
        }
    }
}

extension RTLRun {
    init(parsing text: String) throws {
        let line = text.split(separator: "\n").last.map { String($0) } ?? ""
        let json = try JSON(parsing: line)
        guard let cycles = json["cycles"]?.intValue, let sums = json["sums"]?.intValue, let mismatches = json["mismatches"]?.intValue else {
            throw Failure("printed no counts")
        }
        (self.cycles, self.sums, self.mismatches) = (cycles, sums, mismatches)
    }
}
