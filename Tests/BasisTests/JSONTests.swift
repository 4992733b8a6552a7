import Basis
import Testing

@Suite struct JSONParsingTests {
    private func parsed(_ text: String) throws -> JSON { try JSON(parsing: text) }

    private func refusal(_ bytes: [UInt8]) -> String {
        do { return "accepted \(try JSON(parsing: bytes))" } catch { return "\(error)" }
    }

    private func refusal(_ text: String) -> String { refusal(Array(text.utf8)) }

    @Test func valuesAreRead() throws {
        #expect(try parsed(" { \"a\" : [ 1 , -2.5e1 , true , false , null , \"x\" ] } ") == ["a": [1, -25.0, true, false, .null, "x"]])
        #expect(try parsed("\"\\u00e9\\n\\/\\ud83d\\ude42\"") == "é\n/🙂")
        #expect(try parsed("[]") == [])
        #expect(try parsed("{}") == [:])
    }

    @Test func numbersKeepTheirKind() throws {
        #expect(try parsed("9223372036854775807") == .integer(.max))
        #expect(try parsed("-9223372036854775808") == .integer(.min))
        #expect(try parsed("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parsed("1000000000000000019884624838656").intValue == nil)
        #expect(try parsed("2.0").intValue == 2)
        #expect(try parsed("-0") == .integer(0))
        #expect(try parsed("1e-400") == .number(0))
        for wrong in ["01", "+1", ".5", "1.", "1e", "1e+", "-", "--1", "0x1", "1_0", "NaN", "Infinity", "-Infinity", "1 2"] {
            #expect(refusal(wrong).hasPrefix("bad JSON at byte"), "\(wrong)")
        }
        #expect(refusal("1e400").contains("out of range"))
    }

    @Test func aKeyTwiceIsRefused() {
        #expect(refusal(#"{"a":1,"b":2,"a":3}"#) == "bad JSON at byte 13: key 'a' occurs twice")
        #expect(refusal(#"{"a":1,"\u0061":3}"#).contains("key 'a' occurs twice"))
        let many = (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(refusal("{\(many),\"k57\":1}").contains("key 'k57' occurs twice"))
    }

    @Test func keysThatOnlyLookEqualAreTwo() throws {
        let object = try #require(try parsed("{\"\u{E9}\":1,\"e\u{301}\":2}").objectValue)
        #expect(object.count == 2)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test func largeObjectsFindEveryKey() throws {
        var object = JSONObject()
        for number in 0..<1000 {
            let isNew = object.append("key \(number)", .integer(number))
            #expect(isNew)
        }
        let isNew = object.append("key 500", .null)
        #expect(!isNew)
        for number in stride(from: 0, to: 1000, by: 3) { object["key \(number)"] = nil }
        object["key 1"] = "changed"
        #expect(object.count == 666)
        #expect(object["key 1"] == "changed")
        for number in 2..<1000 { #expect(object["key \(number)"] == (number.isMultiple(of: 3) ? nil : .integer(number))) }
        #expect(try JSON(parsing: JSON.object(object).compact) == .object(object))
    }

    @Test func depthIsLimited() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSON(parsing: deep) }
        #expect(refusal("[" + deep + "]") == "bad JSON at byte 64: nested more than 64 deep")
        #expect(refusal(String(repeating: "{\"a\":", count: 1_000_000)).contains("nested more than 64 deep"))
    }

    @Test func brokenStringsAreRefused() {
        for wrong in [#""\ud83d""#, #""\ude42""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ud83d\ud83d""#] {
            #expect(refusal(wrong).contains("lone surrogate"), "\(wrong)")
        }
        for wrong in [#""\x""#, #""\u12""#, #""\u12g4""#, "\"a\nb\"", "\"\u{0}\"", "\"", "'a'"] {
            #expect(refusal(wrong).hasPrefix("bad JSON at byte"), "\(wrong)")
        }
        let invalid: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xB8], [0x80]]
        for bytes in invalid {
            #expect(refusal([0x22] + bytes + [0x22]).contains("not UTF-8"))
            #expect(refusal([0x22, 0x5C, 0x6E] + bytes + [0x22]).contains("not UTF-8"))
        }
    }

    @Test func everyCutIsRefused() {
        let whole = Array(#" {"a":[1,-2.5e3,true,null,"é\u00e9\ud83d\ude42"],"b":{"c":"x"}}"#.utf8)
        #expect(refusal(whole).hasPrefix("accepted"))
        for count in 0..<whole.count { #expect(refusal(Array(whole.prefix(count))).hasPrefix("bad JSON at byte")) }
        #expect(refusal(whole + [0x2C]).contains("text after the JSON value"))
    }

    @Test func structureIsStrict() {
        let wrong = ["[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "tru", "nulll", "[}", "\u{FEFF}1"]
        for wrong in wrong {
            #expect(refusal(wrong).hasPrefix("bad JSON at byte"), "\(wrong)")
        }
    }
}

@Suite struct JSONPrintingTests {
    @Test func whatIsPrintedIsReadBackTheSame() throws {
        var random = Xorshift(state: 7)
        for _ in 0..<500 {
            let value = sample(&random, depth: 4)
            #expect(try JSON(parsing: value.compact) == value)
            #expect(try JSON(parsing: value.pretty) == value)
        }
    }

    @Test func controlCharactersAreEscaped() throws {
        let text = String(String.UnicodeScalarView((0..<0x20).compactMap { Unicode.Scalar($0) })) + "\"\\/\u{7F}é"
        #expect(!JSON.string(text).compact.utf8.contains { $0 < 0x20 })
        #expect(try JSON(parsing: JSON.string(text).compact) == .string(text))
        #expect(JSON.string("a\"\\\n\u{1}").compact == #""a\"\\\n\u0001""#)
    }

    @Test func prettyIndentsByTwo() {
        let value: JSON = ["a": [1, 2], "b": [:], "c": []]
        #expect(value.pretty == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}")
        #expect(value.compact == #"{"a":[1,2],"b":{},"c":[]}"#)
    }

    private struct Xorshift: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private func sample(_ random: inout Xorshift, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int.random(in: .min ... .max, using: &random))
        case 3: return .integer(Int.random(in: -9...9, using: &random))
        case 4: return .number(Double(bitPattern: random.next() >> 2) + 0.1)
        case 5: return .string(text(&random))
        case 6: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in sample(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<20, using: &random) { _ = object.append(text(&random), sample(&random, depth: depth - 1)) }
            return .object(object)
        }
    }

    private func text(_ random: inout Xorshift) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            let value = UInt32.random(in: 0..<0x11_0000, using: &random) >> UInt32.random(in: 0..<18, using: &random)
            text.append(Unicode.Scalar(value) ?? "?")
        }
        return String(text)
    }
}
