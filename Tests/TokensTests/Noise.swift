/// Random numbers that are the same in every run (SplitMix64, Steele et al. 2014).
struct Noise: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    /// Text with much white space, some other scripts, and every byte now and then.
    mutating func text(_ count: Int) -> [UInt8] {
        let parts = ["the ", "king", " and", "  ", "\n", "'s", "12", "é", "Ж", "世", "🙂", ".", ",", "thou", "\t"]
        var text: [UInt8] = []
        while text.count < count {
            text += Int.random(in: 0..<12, using: &self) == 0 ? bytes(1) : Array((parts.randomElement(using: &self) ?? "").utf8)
        }
        return text
    }
}
