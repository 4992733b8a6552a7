import Basis
import Hardware
import TestFiles
import Testing

/// A file of a device that nobody vouches for is read, or refused in one line that names the place.
@Suite struct BadDeviceTests {
    private let good = TinyDevice.json

    /// What reading fails with: one line.
    private func refusal(_ json: JSON, _ what: String) -> String {
        let fact = fact { _ = try device(json) }
        #expect(fact != "no failure", "\(what) is taken")
        #expect(!fact.contains("\n") && fact.utf8.count < 1000, "\(what): \(fact)")
        return fact
    }

    /// The path as messages have it: memories go by their names.
    private func told(_ path: String) -> String {
        path.split(separator: ".").enumerated().map { place, key in
            place == 1 && path.hasPrefix("memories.") ? (key == "0" ? "near" : "far") : String(key)
        }.joined(separator: ".")
    }

    @Test func `the good device is read`() throws {
        let device = try device(good)
        #expect(device.name == "tiny" && device.chips == 2)
    }

    private var quantities: [String] { good.paths.filter { good.at($0)?.isQuantity == true } }

    private static let damages: [(what: String, key: String, value: JSON?)] = [
        ("no value", "value", nil), ("no unit", "unit", nil), ("no kind", "kind", nil), ("no source", "source", nil),
        ("an empty source", "source", ""), ("a source that is no string", "source", 3), ("an unknown kind", "kind", "guessed"),
        ("a value in quotes", "value", "3"), ("a value that is a list", "value", [3]), ("a negative value", "value", -1),
        ("far too much", "value", 1e30), ("an empty unit", "unit", ""), ("no such unit", "unit", "furlong"),
        ("a prefix too many", "unit", "kKiB"), ("a prefix on a word", "unit", "Mcycle"), ("a temperature", "unit", "K"),
        ("an unknown key", "values", 3), ("a low above it", "low", 1e15), ("a high below it", "high", -1), ("a low in words", "low", "little"),
        ("a note that is none", "note", 3), ("no such sparsity", "sparsity", "1:4"),
    ]

    @Test func `each number needs its parts, whole`() {
        #expect(quantities.count >= 25)
        for path in quantities {
            for damage in Self.damages {
                let fact = refusal(good.with("\(path).\(damage.key)", damage.value), "\(path) with \(damage.what)")
                #expect(fact.contains("'\(told(path))"), "\(path) with \(damage.what): \(fact)")
            }
        }
    }

    @Test func `a number has the dimension that its key means`() {
        let units = ["B", "B/s", "Hz", "s", "W", "J", "pJ/bit", "op/s", "op", "bit", "cycle", "1/s", "LUT", "1"]
        for path in quantities {
            let own = good.at("\(path).unit")?.stringValue ?? ""
            // Sums have at least eight bits, no share is more than one, and clocks are not slower than anyone has them.
            let taken = units.filter { unit in
                [1, 8, 1e8].contains { value in fact { _ = try device(good.with("\(path).unit", .string(unit)).with("\(path).value", value)) } == "no failure" }
            }
            #expect(taken.count == 1, "\(path) in \(own) is taken in \(taken)")
        }
    }

    @Test func `sparse rates count half, and only rates are sparse`() throws {
        for path in quantities {
            let sparse = good.with("\(path).sparsity", "2:4")
            guard path.hasSuffix(".rate") else {
                #expect(refusal(sparse, path).contains("'\(told(path)).sparsity' belongs to no rate"))
                continue
            }
            let halved = good.with("\(path).value", .number((good.at("\(path).value")?.doubleValue ?? 0) / 2))
            let model = try Subjects.small()[0]
            let (a, b) = (try Prediction(Simulation(model, on: device(sparse), Workload())), try Prediction(Simulation(model, on: device(halved), Workload())))
            #expect(a.tokenSeconds == b.tokenSeconds && a.firstTokenSeconds == b.firstTokenSeconds, "\(path)")
        }
    }

    /// Keys that a device can do without, each here because nothing asks for it; whatever else is missing is told.
    private static let optional: Set<String> = [
        "note", "chips", "split", "energy", "efficiency", "holds", "ternary", "dense", "attention", "format", "method", "packing", "unpack",
        "group", "entries", "skips-zeros", "accumulator", "overhead", "bandwidth", "exponential", "division", "launches", "launch-counts",
        "rms-norm", "slice", "type", "weights", "pass-rows", "power", "static", "busy", "host", "core", "row", "norm", "area", "number-bits", "scratch", "skips-zero-activations", "residence",
    ]

    /// The same keys, where they are not optional.
    private static let demanded: Set<String> = [
        "memories.0.bandwidth", "memories.1.bandwidth", "link.bandwidth", "core.ternary", "core.ternary.packing", "core.ternary.accumulator",
        "core.port.efficiency", "core.area.core",
    ]

    @Test func `what must be there is missed`() {
        for path in good.paths {
            let key = path.split(separator: ".").last.map(String.init) ?? ""
            let isOptional = Self.optional.contains(key)
            guard !isOptional || Self.demanded.contains(path), Int(key) == nil, !path.hasPrefix("memories.") || key != "name" else { continue }
            #expect(refusal(good.with(path, nil), "no \(path)").contains("'\(told(path))' "), "\(path)")
        }
        #expect(refusal(good.with("memories.1.name", nil), "no name").contains("'memories.1.name' is missing"))
    }

    @Test func `no object has a key that nobody knows`() {
        for path in good.paths where good.at(path)?.objectValue != nil && path != "launch-counts" {
            #expect(refusal(good.with("\(path).frobs", 3), path).contains("'\(told(path)).frobs' is unknown"), "\(path)")
        }
        #expect(refusal(good.with("frobs", 3), "the file").hasPrefix("'frobs' is unknown; known here: device, title"))
    }

    @Test func `no value is taken for one of another form`() {
        for path in good.paths {
            let old = good.at(path)
            for wrong: JSON in [[], [:], "", 1e30, -1, true, "no such word"] where !Self.isTaken(wrong, for: old, path) {
                _ = refusal(good.with(path, wrong), "\(path) = \(wrong)")
            }
        }
    }

    /// What is of the form that is asked for: any text, any flag, objects that need no member, the last size of a curve.
    private static func isTaken(_ new: JSON, for old: JSON?, _ path: String) -> Bool {
        switch (old, new) {
        case (.bool, .bool): true
        case (.string, .string(let text)): !text.isEmpty
        case (.object, .object): ["power", "launch-counts"].contains(path)
        case (_, 1e30): path.hasSuffix(".points.1.0")
        default: false
        }
    }

    @Test func `words are those that are known`() {
        let words = ["class", "split", "launches", "weights", "energies", "memories.0.holds", "engines.ternary.method", "engines.ternary.packing",
            "engines.dense.format"]
        for path in words { #expect(refusal(good.with(path, "no such word"), path).contains("'\(told(path))' "), "\(path)") }
    }

    @Test func `curves rise over sizes, between nothing and all`() {
        let bad: [JSON] = [
            [], [[1, 0.5], [1, 0.6]], [[4, 0.5], [2, 0.6]], [[0, 0.5]], [[-1, 0.5]], [[1, 0]], [[1, 1.5]], [[1, -0.5]], [[1]], [[1, 0.5, 2]],
            [["1", 0.5]], [1, 0.5], "flat",
        ]
        for path in ["memories.1.efficiency", "engines.ternary.efficiency", "engines.vector.efficiency"] {
            for points in bad { #expect(refusal(good.with("\(path).points", points), "\(points)").contains("'\(told(path)).points' is")) }
            let other: JSON = path.hasPrefix("memories") ? "rows" : "bytes"
            #expect(refusal(good.with("\(path).of", other), path).contains("'\(told(path)).of' is"))
        }
    }

    @Test func `what does not go together is told`() throws {
        let cases: [(JSON, String)] = [
            (good.with("chips", 0), "'chips' is 0, expected an integer of 1 to 1000000"), (good.with("chips", 1_000_001), "'chips' is"),
            (good.with("chips", 1.5), "'chips' is 1.5"), (good.with("link", nil), "'link' is missing"), (good.with("memories", []), "no level"),
            (good.with("memories.1.name", "near"), "one name twice"), (good.with("memories.1.holds", "activations"), "holds weights"),
            (good.with("power.busy.value", 0.25), "'power.busy' is less than 'power.static'"), (good.with("pass-rows", 0), "'pass-rows' is 0"),
            (good.with("engines.ternary.group", 17), "'engines.ternary.group' is 17"), (good.with("engines.ternary.entries", 0), "entries' is 0"),
            (good.with("engines", [:]), "'engines.vector' is missing"), ([], "the file holds no object"), ("device", "the file holds no object"),
        ]
        for (json, expected) in cases { #expect(refusal(json, expected).contains(expected)) }
        #expect(try device(good.with("chips", 1).with("link", nil)).chips == 1)
    }

    @Test func `a file cut off anywhere is no device`() throws {
        let text = Array(good.compact.utf8)
        for count in text.indices {
            let fact = fact { _ = try device(JSON(parsing: Array(text[..<count]))) }
            #expect(fact.hasPrefix("bad JSON at byte "), "\(count): \(fact)")
        }
    }

    @Test func `a damaged byte is an error or a device`() throws {
        let text = Array(good.compact.utf8)
        for index in text.indices {
            for byte in [UInt8(ascii: "9"), UInt8(ascii: "-"), text[index] ^ 0x04] {
                var damaged = text
                damaged[index] = byte
                let fact = fact { _ = try device(JSON(parsing: damaged)) }
                #expect(fact.utf8.count < 1000 && !fact.contains("\n"))
            }
        }
    }

    @Test func `depth is bounded`() {
        let bomb = String(repeating: "{\"memories\":[", count: 100_000)
        #expect(fact { _ = try device(JSON(parsing: bomb)) }.contains("nested more than 64 deep"))
        #expect(refusal(good.with("memories.0.note", (0..<50).reduce(JSON.null) { deep, _ in .array([deep]) }), "a deep note").contains("'memories.near.note' is"))
    }
}
