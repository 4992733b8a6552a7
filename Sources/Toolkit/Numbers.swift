/// `value` with `digits` digits after the point, rounded half away from zero: `decimal(-0.125, 2)` is "-0.13".
public func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    let power = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let scaled = Int((value.magnitude * power).rounded())
    let fraction = String(scaled % Int(power))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let tail = digits == 0 ? "" : "." + String(repeating: "0", count: digits - fraction.count) + fraction
    return "\(sign)\(scaled / Int(power))\(tail)"
}

/// A number of bytes for people: `10.66 MB`.
public func byteText(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes), unit = 0
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) B" : "\(decimal(value, 2)) \(units[unit])"
}

/// Lines of columns, as wide as their widest cell; numbers to the right.
public func table(_ rows: [[String]], rightAligned: Set<Int> = []) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { column, cell in
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            return rightAligned.contains(column) ? padding + cell : cell + padding
        }
        let line = cells.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
}
