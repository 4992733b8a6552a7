import Basis

/// Products by trits as the unit does them: word by word out of memory, a tile of activations against the rows of a strip.
extension Execution {
    func multiply(_ instruction: Instruction, _ index: Int) throws {
        guard case .quantised(let activations, let step) = try value(instruction.a), activations.count == instruction.width else {
            throw Failure("r\(instruction.a) does not hold \(instruction.width) activations")
        }
        let words = try memory.bytes(instruction.address, core.matrixBytes(instruction))
        let exact = sums(words, activations, rows: instruction.rows), sums = exact.map(accumulated)
        count(overflows: zip(exact, sums).count { $0 != $1 })
        let factor = step * (try memory.floats(instruction.scale, 1)[0])
        let result = sums.map { Float($0) * factor }
        observe?(Product(instruction: index, activations: activations, sums: sums, outputs: result))
        guard instruction.opcode == .ternaryStore else { return try set(instruction.to, .floats(result)) }
        try memory.store(result, at: instruction.into)
    }

    private func sums(_ words: ArraySlice<UInt8>, _ activations: [Int8], rows: Int) -> [Int] {
        let unit = core.ternary, size = unit.lanes * unit.columns
        var sums = [Int](repeating: 0, count: rows), word = words.startIndex
        for strip in stride(from: 0, to: rows, by: unit.columns) {
            for tile in stride(from: 0, to: activations.count, by: unit.lanes) {
                let trits = unit.packing.unpacked(words[word..<word + unit.wordBytes], count: size)
                word += unit.wordBytes
                for row in 0..<min(unit.columns, rows - strip) {
                    for lane in 0..<min(unit.lanes, activations.count - tile) {
                        sums[strip + row] += Int(trits[row * unit.lanes + lane]) * Int(activations[tile + lane])
                    }
                }
            }
        }
        return sums
    }

    /// What is left of a sum in the accumulator: its lowest bits, the highest of them the sign. Where additions wrap does not matter.
    private func accumulated(_ sum: Int) -> Int {
        let unused = Int.bitWidth - core.ternary.accumulatorBits
        return (sum << unused) >> unused
    }
}
