import Tensors
import Testing

import Generation

@Suite struct StopScannerTests {
    private func passed(_ pieces: [String], stops: [String]) -> (text: String, stopped: Bool) {
        var scanner = StopScanner(stops.map { Array($0.utf8) }), text: [UInt8] = []
        for piece in pieces { text += scanner.pass(Array(piece.utf8)) }
        text += scanner.finish()
        return (String(decoding: text, as: UTF8.self), scanner.stopped)
    }

    @Test func textEndsBeforeTheFirstStopString() {
        #expect(passed(["abc END def"], stops: ["END"]) == ("abc ", true))
        #expect(passed(["abc EN", "D def"], stops: ["END"]) == ("abc ", true))
        #expect(passed(["abc E", "N", "x"], stops: ["END"]) == ("abc ENx", false))
        #expect(passed(["a b"], stops: ["b", " "]) == ("a", true))
        #expect(passed(["abc EN"], stops: ["END"]) == ("abc EN", false))
        #expect(passed(["aab"], stops: ["ab"]) == ("a", true))
        #expect(passed(["text"], stops: []) == ("text", false))
    }

    /// However the text is cut into pieces, what comes out is what a search in the whole text gives.
    @Test func piecesMakeNoDifference() {
        var random = Random(seed: 3)
        for _ in 0..<500 {
            let text = String((0..<30).map { _ in "aab".randomElement(using: &random) ?? "a" })
            let stops = ["abab", "bb", "baab"]
            let expected = text.indices.first { index in stops.contains { text[index...].hasPrefix($0) } }.map { String(text[..<$0]) }
            var pieces: [String] = [], rest = text[...]
            while !rest.isEmpty {
                let count = Int(random.next() % 5) + 1
                pieces.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(passed(pieces, stops: stops) == (expected ?? text, expected != nil))
        }
    }
}
