import Basis
import Glibc

/// A folder with a unit in Verilog, the vectors of a layer, benches and a Makefile: what a user can run by hand.
public struct RTLFolder {
    public let path: String
    public let verilog: VerilogUnit
    public let vectors: UnitVectors

    /// Writes it, in place of an earlier one of the same name. Refuses a folder that holds anything else.
    public init(_ path: String, unit: TernaryUnit, layer: TernaryLayer) throws {
        self.path = path
        vectors = try UnitVectors(unit, layer)
        verilog = try VerilogUnit(unit, vectorWords: vectors.tilesAcross)
        try makeFolder()
        try write(VerilogUnit.file, verilog.text())
        try write("main.cpp", BenchText(vectors: vectors).text)
        try write("testbench.v", TestbenchText(vectors: vectors).text)
        try write("area.ys", RTLFolder.areaScript)
        try write("Makefile", RTLFolder.makefile)
        try write("README.md", readme)
        try write("activations.hex", vectors.writeActivations)
        try write("words.hex", vectors.writeWords)
        try write("sums.hex", vectors.writeSums)
    }

    private func makeFolder() throws {
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        guard code == EEXIST else { throw Failure.system("create", path, code) }
        guard try isEmpty() || isEarlier() else { throw Failure("'\(path)' exists already, and holds something else than such a unit") }
    }

    private func isEmpty() throws -> Bool {
        guard let folder = opendir(path) else { throw Failure.system("open", path, errno) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { return false }
        }
        return true
    }

    /// Whether its unit begins as ours do.
    private func isEarlier() -> Bool {
        guard let file = fopen("\(path)/\(VerilogUnit.file)", "r") else { return false }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: VerilogUnit.title.utf8.count)
        return fread(&line, 1, line.count, file) == line.count && line == Array(VerilogUnit.title.utf8)
    }

    private func write(_ name: String, _ text: String) throws { try write(name) { try $0.write(text) } }

    private func write(_ name: String, _ body: (any ByteSink) throws -> Void) throws {
        let sink = try Output.open("\(path)/\(name)")
        try body(sink)
        try sink.close()
    }
}
