import Basis
import GGUF
import Support
import Tensors
import TestFiles
import Testing

/// Types that share a number are told apart, or refused.
@Suite struct GGUFLayoutTests {
    static let i2s: [TernaryLayout] = [.i2sX86, .i2sRows, .i2sARM]

    @Test(arguments: i2s, [true, false]) func `the layout of a trained model is found`(_ layout: TernaryLayout, _ isLlama: Bool) throws {
        let sample = GGUFSample(layout, architecture: isLlama ? "llama" : "bitnet-b1.58", isTrained: true)
        let model = try opened(sample.writer.bytes, in: Scratch())
        for (name, trits) in sample.trits {
            let isSame = try model.bytes(containerName(name)) == trits.flatMap { Trits.pack($0) }
            #expect(isSame, "\(name)")
        }
    }

    @Test(arguments: i2s) func `a wrong layout is refused where a model tells of another`(_ layout: TernaryLayout) throws {
        let bytes = GGUFSample(layout, isTrained: true).writer.bytes, scratch = try Scratch()
        for wrong in Self.i2s where wrong != layout {
            let refusal = fact { _ = try opened(bytes, layout: wrong.rawValue, in: scratch) }
            #expect(refusal.hasSuffix("where its matrices have zeros fits '\(layout.rawValue)' alone"), "\(refusal)")
        }
        #expect(throws: Never.self) { try opened(bytes, layout: layout.rawValue, in: scratch) }
    }

    @Test(arguments: i2s) func `random trits are refused with the candidates named`(_ layout: TernaryLayout) throws {
        let refusal = fact { _ = try opened(GGUFSample(layout).writer.bytes, in: Scratch()) }
        #expect(refusal.hasSuffix(
            "tensor 'blk.0.attn_q.weight': may be any of i2_s-x86, i2_s-x86-rows, i2_s-arm, and nothing tells which: name one by --layout"))
    }

    @Test func `Q2_0 of 64 and of 128 differ in size, and a wrong one is refused`() throws {
        let scratch = try Scratch()
        for (right, wrong) in [(TernaryLayout.q2x0of64, TernaryLayout.q2x0of128), (.q2x0of128, .q2x0of64)] {
            let bytes = GGUFSample(right).writer.bytes
            #expect(throws: Never.self) { try opened(bytes, layout: right.rawValue, in: scratch) }
            let refusal = fact { _ = try opened(bytes, layout: wrong.rawValue, in: scratch) }
            #expect(refusal.hasSuffix("its size is not that of the layout '\(wrong.rawValue)'"), "\(refusal)")
        }
    }

    @Test func `a layout that is unknown or of no use is refused`() throws {
        let scratch = try Scratch(), bytes = GGUFSample(.tq2x0).writer.bytes
        #expect(fact { _ = try opened(bytes, layout: "x", in: scratch) }.contains("there is no layout 'x'; known: i2_s-x86, "))
        #expect(fact { _ = try opened(bytes, layout: "i2_s-arm", in: scratch) }.contains("no tensor is of a type that can have"))
    }

    /// A model of which one matrix is stored by `change`.
    private func refusal(_ layout: TernaryLayout, _ change: ([[Int8]]) -> [UInt8]) throws -> String {
        var sample = GGUFSample(layout)
        let name = "blk.0.attn_k.weight", at = try #require(sample.writer.tensors.firstIndex { $0.name == name })
        sample.writer.tensors[at].bytes = change(sample.trits[name] ?? [])
        let model = try opened(sample.writer.bytes, layout: layout.number == 36 ? layout.rawValue : nil, in: Scratch())
        return fact { _ = try model.bytes(containerName(name)) }
    }

    @Test(arguments: TernaryLayout.allCases) func `blocks of two scales are refused, and zeros have none`(_ layout: TernaryLayout) throws {
        guard layout.number != 36 else { return }
        let two = try refusal(layout) { layout.encoded($0) { $0 == 2 ? 0.5 : 0.25 } }
        #expect(two.hasSuffix("tensor 'blk.0.attn_k.weight': has blocks of the scales 0.25 and 0.5, where a matrix of trits has one"), "\(two)")
        let zeros = try refusal(layout) { trits in
            var trits = trits
            for row in 0..<4 { trits[row] = trits[row].map { _ in 0 } }
            return layout.encoded(trits) { $0 == 2 ? 0 : 0.25 }
        }
        #expect(zeros == "no failure")
    }

    @Test(arguments: TernaryLayout.allCases, [Float.nan, .infinity, -1, 0])
    func `a scale that is no positive number is refused`(_ layout: TernaryLayout, _ scale: Float) throws {
        #expect(try refusal(layout) { layout.encoded($0, scale: scale) }.contains(", expected a positive number"))
    }

    @Test(arguments: TernaryLayout.allCases) func `code 3 is refused`(_ layout: TernaryLayout) throws {
        guard layout != .tq1x0, layout != .iq1bn else { return }
        let refusal = try refusal(layout) { trits in
            var trits = trits
            trits[3][5] = 2
            return layout.encoded(trits, scale: 1)
        }
        #expect(refusal.hasSuffix("a trit has code 3, row 3, column 5"), "\(refusal)")
    }

    @Test(arguments: i2s) func `what was made of floats that were not ternary is refused`(_ layout: TernaryLayout) throws {
        let refusal = try refusal(layout) { trits in layout.encoded(trits.map { $0.map { $0 == 0 ? 1 : $0 } }, scale: 1) }
        #expect(refusal.hasSuffix("has 0 zeros among 32768 trits: it was made of floats that were not ternary"), "\(refusal)")
    }
}
