/// One question that the self-test asked of one level.
public struct SelfTestResult: Sendable {
    public let name: String
    public let level: KernelLevel
    public let passed: Bool
    /// What was compared, or where it first differed.
    public let detail: String
}

/// Compares every kernel of every level with its plain definition in Swift, and floats also with the plainest level, bit for bit.
///
/// Takes some tenths of a second; a level's instructions are run on the very processor that will run the model.
public func selfTest(levels: [KernelLevel] = KernelLevel.available) -> [SelfTestResult] {
    let checks: [(name: String, run: (Kernels) -> SelfTestOutcome)] = [
        ("product", checkProducts), ("product, worst case", checkWorstProducts), ("quantise", checkQuantise),
        ("norm", checkNorms), ("sigmoid and silu", checkSigmoids), ("recurrence", checkRecurrence),
        ("half precision", checkHalves), ("ternarise", checkTernarise), ("sum of magnitudes", checkSums),
        ("maxima", checkMaxima), ("exponentials", checkExponentials),
    ]
    return levels.flatMap { level in
        checks.map { check in
            switch check.run(Kernels.at(level)) {
            case .same(let what): SelfTestResult(name: check.name, level: level, passed: true, detail: what)
            case .differs(let place): SelfTestResult(name: check.name, level: level, passed: false, detail: place)
            }
        }
    }
}

enum SelfTestOutcome {
    case same(String), differs(String)
}

let selfTestWidths = [1, 63, 255, 256, 257, 1000, 2560]
