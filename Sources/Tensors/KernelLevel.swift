import CTernKernels

/// The instructions that a set of kernels uses. Every level gives the same bits.
public enum KernelLevel: String, CaseIterable, Hashable, Sendable {
    case scalar, avx2, avxvnni, avx512, avx512vbmi, neon, neondot

    /// Levels that this machine can run, the plainest first.
    public static var available: [KernelLevel] { allCases.filter(\.isAvailable) }

    /// The fastest level that this machine can run.
    public static var best: KernelLevel { available.last ?? .scalar }

    public var isAvailable: Bool { tern_level_available(code) }

    var code: tern_level {
        switch self {
        case .scalar: TERN_SCALAR
        case .avx2: TERN_AVX2
        case .avxvnni: TERN_AVXVNNI
        case .avx512: TERN_AVX512
        case .avx512vbmi: TERN_AVX512VBMI
        case .neon: TERN_NEON
        case .neondot: TERN_NEONDOT
        }
    }
}
