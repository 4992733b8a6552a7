import Basis
import Templates
import Testing

/// Files beside the tests; Golden/README.md says how they were made.
enum Golden {
    static func bytes(_ path: String, file: String = #filePath) throws -> [UInt8] {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return try MappedFile.contents("\(folder)/Golden/\(path)")
    }

    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Noon of 15 November 2023 in Greenwich, which is that day nearly everywhere.
    static let time = 1_700_049_600

    static let tokens = [("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")]
}

/// Templates give what Jinja gives, set as transformers sets it.
@Suite struct RenderingTests {
    @Test func conversationsAreThoseOfTheReference() throws {
        let entries = try #require(try JSON(parsing: Golden.bytes("renderings.json")).arrayValue)
        var refused = 0
        for entry in entries {
            let name = try #require(entry["template"]?.stringValue), values = try #require(entry["values"]?.objectValue)
            let template = try ChatTemplate(Golden.text("\(name).jinja"))
            let rendered = Result { try template.render(values, trusted: Golden.tokens, time: Golden.time) }
            guard let text = entry["text"]?.stringValue else {
                #expect(throws: Failure.self, "\(name)") { try rendered.get() }
                refused += 1
                continue
            }
            let bytes = try rendered.get().bytes
            #expect(bytes == Array(text.utf8), "\(name): \(values)")
        }
        #expect(entries.count > 100 && refused > 10 && refused < entries.count / 3)
    }

    @Test func expressionsAreThoseOfTheReference() throws {
        let messages: JSON = [
            ["role": "user", "content": " héllo <|x|> "], ["role": "assistant", "content": "b"], ["role": "user", "content": "c"],
        ]
        let entries = try #require(try JSON(parsing: Golden.bytes("expressions.json")).arrayValue)
        for entry in entries {
            let source = try #require(entry["template"]?.stringValue)
            let rendered = Result { try ChatTemplate(source).render(["messages": messages], time: Golden.time) }
            if let text = entry["text"]?.stringValue {
                #expect(try rendered.get().bytes == Array(text.utf8), "\(source)")
            } else {
                #expect(throws: Failure.self, "\(source)") { try rendered.get() }
            }
        }
        #expect(entries.count > 50)
    }
}

/// Which characters of a text came from the input.
@Suite struct OriginTests {
    private func input(_ source: String, _ values: JSONObject) throws -> [String] {
        let rendered = try ChatTemplate(source).render(values, trusted: [("bos_token", "<s>")])
        return rendered.input.map { String(decoding: rendered.bytes[$0], as: UTF8.self) }
    }

    @Test func charactersKeepTheirOrigin() throws {
        #expect(try input("<a>{{ x }}<b>{{ bos_token }}", ["x": "é<b>"]) == ["é<b>"])
        #expect(try input("{{ '<' + x + '>' }}{{ x[1:] }}", ["x": "ab"]) == ["ab", "b"])
        #expect(try input("{{ ('<s>' + x)|upper|replace('S', 'T') }}", ["x": "ss"]) == [])
        #expect(try input("{{ ('<s>' + x)|upper|replace('S', 'T') }}", ["x": "as"]) == ["A"])
        #expect(try input("{{ x|tojson }}", ["x": ["a\"": 1]]) == ["a\\\""])
        #expect(try input("{{ x.split('|')|join('<sep>') }}", ["x": "a|b"]) == ["a", "b"])
        #expect(try input("{% set y %}[{{ x }}]{% endset %}{{ y.strip('[]') }}", ["x": "q"]) == ["q"])
        #expect(try input("{% for k, v in x.items() %}{{ k ~ '=' ~ v }}{% endfor %}", ["x": ["k": "v"]]) == ["k", "v"])
        #expect(try input("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(x)|length }}{{ m(x) }}", ["x": "<s>"]) == ["<s>"])
    }

    @Test func equalTextsAreEqualWhereverTheyCameFrom() throws {
        let template = try ChatTemplate("{{ x == 'user' }}{{ x in ['user'] }}{{ {'user': 1}[x] }}{{ 'se' in x }}{{ x is in 'users' }}")
        #expect(try template.render(["x": "user"]).bytes == Array("TrueTrue1TrueTrue".utf8))
    }
}
