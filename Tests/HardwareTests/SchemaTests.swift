import Basis
import Catalog
import Hardware
import Support
import TestFiles
import Testing

/// The schema, the reader, the manual and the devices say the same of a device's file.
@Suite struct SchemaTests {
    private static func text(_ path: String) throws -> String {
        String(decoding: try MappedFile.contents("\(Programs.package)/\(path)"), as: UTF8.self)
    }

    private static func schema() throws -> SchemaChecker {
        SchemaChecker(root: try JSON(parsing: text("Plugins/Devices/device.schema.json")))
    }

    @Test(arguments: Catalog.devices.map(\.name)) func `a device keeps to the schema`(_ name: String) throws {
        #expect(try Self.schema().complaints(bundled(name)) == [])
    }

    @Test func `a device with every key keeps to the schema`() throws {
        #expect(try Self.schema().complaints(TinyDevice.json) == [])
    }

    /// What the reader says that it knows in an object: `'memories.near.frobs' is unknown; known here: name, capacity, ..`.
    private func known(_ path: String) throws -> Set<String> {
        let fact = fact { _ = try device(TinyDevice.json.with(path.isEmpty ? "frobs" : "\(path).frobs", 3)) }
        let list = try #require(fact.split(separator: "known here: ", maxSplits: 1).last, "\(path): \(fact)")
        try #require(fact.contains("frobs' is unknown"), "\(path): \(fact)")
        return Set(list.split(separator: ", ").map(String.init))
    }

    /// The schema of what stands at a path.
    private func schema(_ path: String, _ checker: SchemaChecker) -> JSON {
        path.split(separator: ".").reduce(checker.root) { schema, key in
            let here = checker.resolved(schema)
            return checker.resolved(here["properties"]?[String(key)] ?? here["items"] ?? here["additionalProperties"] ?? .null)
        }
    }

    private var objects: [String] { TinyDevice.json.paths.filter { TinyDevice.json.at($0)?.objectValue != nil && $0 != "launch-counts" } }

    @Test func `the reader knows the keys of the schema, and no others`() throws {
        let checker = try Self.schema()
        // An engine other than the ternary one may say all that it may.
        for path in objects + [""] {
            let properties = Set(schema(path, checker)["properties"]?.objectValue?.keys ?? [])
            #expect(properties == (try known(path)), "'\(path)'")
        }
    }

    @Test func `what the schema requires the reader requires, and the other way round`() throws {
        let checker = try Self.schema()
        for path in objects + [""] {
            let required = Set(schema(path, checker)["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            let object = path.isEmpty ? TinyDevice.json : TinyDevice.json.at(path) ?? .null
            for key in object.objectValue?.keys ?? [] where !(path.isEmpty && key == "link") {
                let isMissed = fact { _ = try device(TinyDevice.json.with(path.isEmpty ? key : "\(path).\(key)", nil)) } != "no failure"
                #expect(isMissed == required.contains(key), "\(path): \(key)")
            }
        }
    }

    @Test func `words and units that the schema lists are those that the reader takes`() throws {
        let checker = try Self.schema()
        var count = 0, seen: Set<JSON> = []
        for path in TinyDevice.json.paths where TinyDevice.json.at(path)?.stringValue != nil {
            let parent = path.split(separator: ".").dropLast().joined(separator: ".")
            let own = schema(parent, checker)["properties"]?[path.split(separator: ".").last.map(String.init) ?? ""].map(checker.resolved) ?? .null
            // A device needs a memory that holds weights.
            for word in own["enum"]?.arrayValue ?? [] where path != "memories.1.holds" {
                #expect(fact { _ = try device(TinyDevice.json.with(path, word)) } == "no failure", "\(path) = \(word)")
                count += 1
            }
            guard path.hasSuffix(".unit"), let pattern = own["pattern"], seen.insert(pattern).inserted else { continue }
            for unit in Self.units {
                // In its range whatever the unit is.
                let one = [0, 1e-12, 1e-6, 1, 1e6, 1e12, 1e18].contains { value in
                    fact { _ = try device(TinyDevice.json.with(path, .string(unit)).with("\(parent).value", .number(value))) } == "no failure"
                }
                #expect(one == checker.matches(unit, own), "\(path) = \(unit)")
            }
        }
        #expect(count > 100 && seen.count >= 8)
    }

    private static let units: [String] = {
        let bases = ["B", "B/s", "Hz", "s", "W", "J", "J/bit", "op/s", "OPS", "FLOPS", "mac/s", "op", "bit", "cycle", "1/s", "ALM", "LUT", "1", "KiB", "GiB"]
        return ["", "p", "n", "u", "m", "k", "M", "G", "T", "P", "E", "K"].flatMap { prefix in bases.map { prefix + $0 } }
    }()

    @Test func `the schema refuses what no device says`() throws {
        let checker = try Self.schema(), good = TinyDevice.json
        for bad in [
            good.with("frobs", 3), good.with("chips", 0), good.with("chips", 1.5), good.with("class", "toaster"), good.with("memories", []),
            good.with("engines.vector", nil), good.with("memories.0.capacity.unit", "GB/s"), good.with("memories.0.capacity.source", ""),
            good.with("memories.0.capacity.value", -1), good.with("memories.0.efficiency.points", [[1, 2]]), good.with("power.static", 3),
            good.with("memories.0.efficiency.points", [[1, 0.5, 3]]), good.with("launch-counts.rope", 3), good.with("overhead.sparsity", "2:4"),
        ] { #expect(checker.complaints(bad).count >= 1) }
    }

    @Test func `the manual's example is a device`() throws {
        let lines = try Self.text("man/tern-device.5").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "{")), end = try #require(lines[start...].firstIndex(of: ".Ed"))
        let json = try JSON(parsing: lines[start..<end].joined(separator: "\n").replacing("\\e", with: "\\"))
        #expect(try Self.schema().complaints(json) == [])
        let device = try device(json)
        for model in try Subjects.small() { #expect(try Prediction(Simulation(model, on: device, Workload())).decodeTokensPerSecond > 0) }
    }

    @Test func `the manual describes every key of the schema`() throws {
        let page = try Self.text("man/tern-device.5"), words = Set(page.split { " \n,".contains($0) })
        let keys = try Self.schema().propertyNames
        #expect(keys.count > 40)
        #expect(keys.filter { !words.contains($0[...]) } == [])
    }
}

extension SchemaChecker {
    func matches(_ text: String, _ schema: JSON) -> Bool { SchemaChecker(root: schema).complaints(.string(text)).isEmpty }

    /// The names of all members that it knows anywhere.
    var propertyNames: Set<String> {
        Set(root.paths.compactMap { path in
            let keys = path.split(separator: ".")
            return keys.count >= 2 && keys[keys.count - 2] == "properties" ? String(keys[keys.count - 1]) : nil
        })
    }
}
