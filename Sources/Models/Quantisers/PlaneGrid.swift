/// The values that the weights of a span can have, and which of them is taken for a number. A value's code is its trits as a number in base
/// three, each plus one, the first plane's the highest digit.
public struct PlaneGrid: Sendable {
    public let form: PlaneForm
    /// As they are stored: one, or one a plane.
    public let scales: [Float16]
    public let shift: Float16
    /// Values in the order of the numbers that they are taken for, with their codes; numbers up to `cuts[i]` get no more than number i.
    private let values: [Float]
    private let codes: [UInt8]
    private let cuts: [Float]

    /// Every number gets the nearest value, of two that are as near the smaller one.
    public init(_ form: PlaneForm, scales: [Float], shift: Float = 0) {
        let (scales, shift) = (scales.map(PlaneGrid.half), PlaneGrid.half(shift))
        let all = PlaneGrid.values(form, scales: scales, shift: shift).enumerated().map { ($1, UInt8($0)) }
        // Of one value that several codes have, the first is kept; equal scales or such of 0 do that.
        let sorted = all.sorted { $0.0 < $1.0 || ($0.0 == $1.0 && PlaneGrid.weight($0.1, form) < PlaneGrid.weight($1.1, form)) }
        var kept: [(Float, UInt8)] = []
        for level in sorted where kept.last?.0 != level.0 { kept.append(level) }
        (self.form, self.scales, self.shift) = (form, scales, shift)
        (values, codes) = (kept.map(\.0), kept.map(\.1))
        cuts = zip(values, values.dropFirst()).map { $0 / 2 + $1 / 2 }
    }

    /// Plane by plane, each for what the ones before it leave: 0 where that is no more than the plane's `zone`, otherwise its sign.
    public init(residual planes: [(scale: Float, zone: Float)], _ form: PlaneForm) {
        let scales = planes.map { PlaneGrid.half($0.scale) }
        var steps: [(end: Float, value: Float, code: UInt8)] = [(.infinity, 0, 0)]
        for (index, plane) in planes.enumerated() {
            steps = PlaneGrid.split(steps, scale: Float(scales[index]), zone: plane.zone)
        }
        (self.form, self.scales, shift) = (form, scales, 0)
        (values, codes, cuts) = (steps.map(\.value), steps.map(\.code), steps.dropLast().map(\.end))
    }

    /// Each stretch of numbers, all of which have the same value so far, in up to three by what is left of them.
    private static func split(
        _ steps: [(end: Float, value: Float, code: UInt8)], scale: Float, zone: Float
    ) -> [(end: Float, value: Float, code: UInt8)] {
        var result: [(end: Float, value: Float, code: UInt8)] = [], start = -Float.infinity
        for step in steps {
            // A number up to the end of a stretch is in it: at the lower edge of the zone it has to be 0 already.
            let ends = [(step.value - zone).nextDown, step.value + zone, .infinity].map { min(max($0, start), step.end) }
            for (digit, end) in ends.enumerated() where end > (digit == 0 ? start : ends[digit - 1]) {
                result.append((end, step.value + scale * Float(digit - 1), 3 * step.code + UInt8(digit)))
            }
            start = step.end
        }
        return result
    }

    /// The code for a number.
    public func code(of number: Float) -> UInt8 { codes[place(of: number)] }

    /// What a code stands for.
    public func value(of code: UInt8) -> Float { PlaneGrid.value(Int(code), form, scales, shift) }

    /// What every code of a form stands for, with scales and a shift as they are stored.
    static func values(_ form: PlaneForm, scales: [Float16], shift: Float16) -> [Float] {
        (0..<form.levels).map { value($0, form, scales, shift) }
    }

    func place(of number: Float) -> Int {
        var low = 0, high = cuts.count
        while low < high {
            let middle = (low + high) / 2
            if number <= cuts[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func code(at place: Int) -> UInt8 { codes[place] }
    func value(at place: Int) -> Float { values[place] }

    private static func value(_ code: Int, _ form: PlaneForm, _ scales: [Float16], _ shift: Float16) -> Float {
        guard !form.isTied else { return Float(code - form.levels / 2) * Float(scales[0]) + Float(shift) }
        return (0..<form.count).reduce(Float(0)) { $0 + Float(form.trit(of: UInt8(code), $1)) * Float(scales[$1]) } + Float(shift)
    }

    /// How many trits of a code are not 0.
    private static func weight(_ code: UInt8, _ form: PlaneForm) -> Int { (0..<form.count).reduce(0) { $0 + abs(form.trit(of: code, $1)) } }

    /// In half precision, as far as that goes.
    static func half(_ number: Float) -> Float16 {
        Float16(min(max(number, -Float(Float16.greatestFiniteMagnitude)), Float(Float16.greatestFiniteMagnitude)))
    }
}
