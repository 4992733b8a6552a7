import Basis
import Support
import TestFiles
import Testing

/// `quantize --calibration`, as a user runs it.
@Suite struct CalibrationTests {
    /// A small Llama that a few steps have taught some of a text, with a tokenizer.
    private struct Learnt {
        let scratch: Scratch
        let model: String
        let text: String

        init() throws {
            scratch = try Scratch()
            model = scratch.file("floats")
            let colours = ["red", "blue", "old", "tall"], things = ["cat", "tree", "house"]
            let lines = (0..<400).map { number in "the \(colours[number % 4]) \(things[number % 3]) saw \(number) of them\n" }
            text = try scratch.write("text", lines.joined())
            let family = "llama:layers=2,width=64,heads=4,intermediate=96,vocabulary=300"
            try expectDone(run("think-train", [
                "--new", family, "--data", text, "--batch", "4", "--context", "64", "--steps", "30", "--rate", "0.003", "--quiet", "-o", model,
            ]))
        }

        func quantised(_ options: [String], to name: String = "raw", environment: [String: String] = [:]) throws -> String {
            let path = scratch.file(name)
            try expectDone(run("quantize", [model, "-o", path, "--quiet"] + options, environment: environment))
            return path
        }

        func divergence(_ container: String) throws -> Double {
            let options = ["quality", container, "--reference", model, "--data", text, "--held-out", "1", "--context", "64", "--windows", "20"]
            let record = try JSON(parsing: run("bench", options + ["--json", "--quiet"]).output)
            return try #require(record["text"]?["results"]?.arrayValue?.last?["divergence"]?.doubleValue)
        }
    }

    @Test func `a text makes up for errors, whatever computes it`() throws {
        let learnt = try Learnt(), with = ["--calibration", learnt.text, "--windows", "16", "--context", "64"]
        let plain = try learnt.quantised(["--planes", "1"], to: "plain"), report = learnt.scratch.file("report.json")
        let better = try learnt.quantised(["--planes", "1", "--report", report] + with, to: "better")
        #expect(try learnt.divergence(better) < 0.7 * learnt.divergence(plain))
        let expected = try bytes(of: better)
        for (threads, level) in [("1", "scalar"), ("3", "scalar"), ("2", "")] {
            let again = try learnt.quantised(
                ["--planes", "1", "--threads", threads] + with, to: "again", environment: level.isEmpty ? [:] : ["TERN_CPU": level])
            #expect(try bytes(of: again) == expected, "\(threads) threads, \(level)")
        }
        let total = try #require(JSON(parsing: bytes(of: report))["total"])
        #expect(total["calibration"]?.stringValue?.count == 64 && total["calibration_tokens"]?.intValue ?? 0 > 500)
        #expect(total["share_quantised"]?.doubleValue ?? 0 > 0.5 && total["file_bits_per_weight"]?.doubleValue ?? 0 > 2)
        #expect(!isFolder(better + ".work"))
    }

    @Test func `a budget is shared out, and weights are turned where that is better`() throws {
        let learnt = try Learnt(), with = ["--calibration", learnt.text, "--windows", "16", "--context", "64"]
        let one = try learnt.quantised(["--planes", "1"] + with, to: "one"), some = try learnt.quantised(["--budget", "2.6"] + with, to: "some")
        #expect(try learnt.divergence(some) < learnt.divergence(one))
        let listing = try run("pack", ["--list", some]).text
        #expect(listing.contains("1 planes") && (listing.contains("2 planes") || listing.contains("3 planes")))
        let free = try learnt.quantised(["--budget", "3.5", "--scales", "free"] + with, to: "free")
        #expect(try run("pack", ["--list", free]).text.contains("free"))
        let report = learnt.scratch.file("report.json")
        _ = try learnt.quantised(["--planes", "1", "--rotation", "auto", "--report", report] + with, to: "auto")
        let rotation = try #require(JSON(parsing: bytes(of: report))["total"]?["rotation"])
        let isBetter = try #require(rotation["loss_turned"]?.doubleValue) < #require(rotation["loss"]?.doubleValue)
        #expect(rotation["chosen"]?.stringValue == (isBetter ? "hadamard" : "none"))
    }

    /// Killed at any time, a run that is started again ends with the same file.
    @Test func `a killed run goes on`() throws {
        let learnt = try Learnt(), options = [learnt.model, "--planes", "2", "--calibration", learnt.text, "--context", "64", "--quiet"]
        let expected = try bytes(of: learnt.quantised(Array(options.dropFirst()), to: "whole")), path = learnt.scratch.file("killed")
        let words = (options + ["-o", path]).map { "'\($0)'" }.joined(separator: " ")
        for delay in ["0.02", "0.05", "0.1", "0.2", "0.4"] {
            _ = try shell("quantize \(words) & sleep \(delay); kill -9 $! 2> /dev/null; wait $! 2> /dev/null; true", folder: learnt.scratch.path)
        }
        try expectDone(run("quantize", options + ["-o", path]))
        #expect(try bytes(of: path) == expected)
        #expect(!isFolder(path + ".work"))
    }

    @Test func `what cannot be calibrated on is one line`() throws {
        let learnt = try Learnt(), empty = try learnt.scratch.write("empty", ""), raw = learnt.scratch.file("raw")
        for (options, fact) in [
            (["--calibration", empty], "is empty"), (["--calibration", learnt.text, "--context", "9999"], "longer than the 2048"),
            (["--budget", "1", "--calibration", learnt.text], "more than the budget"),
        ] {
            try expectRefused(run("quantize", [learnt.model, "-o", raw] + options), "quantize", fact)
        }
    }
}
