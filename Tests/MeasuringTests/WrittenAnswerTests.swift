import Basis
import Measuring
import Testing

/// What is read out of texts that models write, against cases worked out by the harness' regular expressions.
@Suite struct WrittenAnswerTests {
    @Test(arguments: [
        ("so 3 + 4 = 7\n#### 7", "7", "7"), ("#### -1,200.50 and #### 3", "-1,200.50", "3"), ("It is $18.", nil, "$18."),
        ("####7", nil, "7"), ("no number", nil, nil), ("#### x, but 5", nil, "5"), ("a -12 b -3", nil, "-3"), ("1 .. end..", nil, ".."),
        ("#### 2.", "2.", "2."), ("12-5", nil, "-5"), ("x1y22z", nil, "22"),
    ] as [(String, String?, String?)])
    func `numbers are found as by the filters`(_ text: String, _ strict: String?, _ last: String?) {
        #expect(WrittenAnswer.strictNumber(in: text) == strict && WrittenAnswer.lastNumber(in: text) == last)
    }

    @Test(arguments: [
        ("2,400", "2400"), ("$18.", "18"), ("He has 3.\n#### 4\n#### 1,005", "1005"), ("-5.50", "-5.50"), ("..", "."), ("A", "a"),
    ]) func `numbers are compared without what does not matter`(_ text: String, _ number: String) {
        #expect(WrittenAnswer.normalised(text) == number)
    }

    @Test func `a grid ends with the first line that is none`() {
        #expect(WrittenAnswer.grid(in: "1 2\n3 4\n\n5 6") == [[1, 2], [3, 4]])
        #expect(WrittenAnswer.grid(in: "1 2\nInput") == [[1, 2]] && WrittenAnswer.grid(in: "\n1") == nil && WrittenAnswer.grid(in: "a") == nil)
        #expect(WrittenAnswer.grid(in: " 7  8 \n") == [[7, 8]])
    }

    @Test func `a task is named with its files`() throws {
        let files = try TaskFiles("arc_easy=a,b=c.jsonl,keys=k,x.lst,examples=e")
        // Only what begins with a known key is no part of the first file's path.
        #expect(files.path == "a,b=c.jsonl,x.lst" && files.keys == "k" && files.examples == "e" && files.name == "arc_easy")
        for text in ["", "x", "arc=x", "piqa=", "piqa=x,keys="] { #expect(throws: Failure.self, "\(text)") { try TaskFiles(text) } }
    }
}
