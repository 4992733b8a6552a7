import Accelerator

/// All packings of trits, the tightest first.
enum Packings {
    static let all = Packing.allCases.sorted { $0.bits < $1.bits }
}
