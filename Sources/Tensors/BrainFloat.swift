extension Float {
    /// The bits of the nearest number of bfloat16, half to even; numbers that are too large become infinity.
    public var brainFloatBits: UInt16 { UInt16(truncatingIfNeeded: (bitPattern &+ 0x7FFF &+ (bitPattern >> 16 & 1)) >> 16) }
}
