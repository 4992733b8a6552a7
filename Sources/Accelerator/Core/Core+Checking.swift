import Basis

extension Core {
    /// Refuses sizes that no core can have, or whose cycles could not be counted.
    public func check() throws {
        try checkNumber("clock", clock, in: 1...1e12)
        try checkSize("cores", cores, in: 1...1024)
        try checkSize("registers", registers, in: 1...Instruction.registerLimit)
        try checkSize("registerWidth", registerWidth, in: 1...Instruction.sizeLimit)
        guard [8, 16, 24, 32].contains(numberBits) else { throw Failure("the core's 'numberBits' is \(numberBits), not 8, 16, 24 or 32") }
        try checkSize("scratchBytes", scratchBytes, in: 0...1 << 36)
        try ternary.check()
        try row?.check("row")
        try norm?.check("norm")
        guard row != nil && norm != nil || host != nil else { throw Failure("the core has no unit for rows or norms, and no host") }
        try port.check()
        if let attention {
            try checkSize("attention.macs", attention.macs, in: 1...1 << 20)
            try checkSize("attention.latency", attention.latency, in: 0...1 << 20)
        }
        if let host { try checkNumber("host.cyclesPerOperation", host.cyclesPerOperation, in: 1e-6...1e6) }
    }
}

extension TernaryUnit {
    func check() throws {
        try checkSize("ternary.lanes", lanes, in: 1...1 << 16)
        try checkSize("ternary.columns", columns, in: 1...1 << 16)
        try checkSize("ternary.latency", latency, in: 0...1 << 20)
        guard packing != .ideal else { throw Failure("the core's 'ternary.packing' is \(packing.rawValue), a bound that no unit unpacks") }
        try checkSize("ternary.accumulatorBits", accumulatorBits, in: 8...64)
    }
}

extension VectorUnit {
    fileprivate func check(_ name: String) throws {
        try checkSize("\(name).lanes", lanes, in: 1...1 << 20)
        try checkSize("\(name).latency", latency, in: 0...1 << 20)
    }
}

extension Port {
    fileprivate func check() throws {
        try checkSize("port.bits", bits, in: 1...1 << 16)
        try checkSize("port.cyclesPerAccess", cyclesPerAccess, in: 1...1024)
        try checkSize("port.burst", burst, in: 1...1 << 16)
        try checkNumber("port.efficiency", efficiency, in: 0.001...1)
        try checkSize("port.fifo", fifo, in: 0...1 << 36)
    }
}

private func checkSize(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        throw Failure("the core's '\(name)' is \(value), not \(range.lowerBound) to \(range.upperBound)")
    }
}

private func checkNumber(_ name: String, _ value: Double, in range: ClosedRange<Double>) throws {
    guard range.contains(value) else {
        throw Failure("the core's '\(name)' is \(value), not \(range.lowerBound) to \(range.upperBound)")
    }
}
