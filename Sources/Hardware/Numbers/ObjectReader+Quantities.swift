import Basis

// Numbers with units, and curves.
extension ObjectReader {
    /// A number of one of the given dimensions, as `{"value": 1555, "unit": "GB/s", "kind": "vendor", "source": "..."}`.
    func quantity(_ key: String, _ dimensions: Dimension...) throws -> Quantity? {
        guard let reader = try object(key) else { return nil }
        try reader.only("value", "unit", "kind", "source", "sparsity", "low", "high", "note")
        let unit = try reader.unit(dimensions), value = try reader.number("value", unit)
        try reader.checkBounds(unit, value)
        let isSparse = try reader.isSparse(unit)
        let (kind, source) = try reader.provenance()
        return Quantity(
            isSparse ? value / 2 : value, text: reader.text,
            kind: kind, source: source, path: reader.path, isSparse: isSparse)
    }

    func requiredQuantity(_ key: String, _ dimensions: Dimension...) throws -> Quantity {
        guard dimensions.count == 1 else { throw Failure("'\(place(key))' has no dimension") }
        return try required(key, quantity(key, dimensions[0]))
    }

    /// `1555 GB/s`, and a number of things without a unit.
    private var text: String {
        let unit = json["unit"]?.stringValue ?? ""
        return (json["value"]?.compact ?? "") + (unit == "1" ? "" : " \(unit)")
    }

    private func provenance() throws -> (Quantity.Kind, String) {
        let kind = try required("kind", choice("kind", Quantity.Kind.self))
        return (kind, try required("source", string("source")))
    }

    private func unit(_ dimensions: [Dimension]) throws -> MeasureUnit {
        let text = try required("unit", string("unit"))
        let expected = dimensions.map(\.rawValue).joined(separator: " or ")
        guard let unit = MeasureUnit(text) else {
            throw Failure("'\(place("unit"))' is \"\(text)\", which is no unit; expected one of \(expected)")
        }
        guard dimensions.contains(unit.dimension) else {
            throw Failure("'\(place("unit"))' is \"\(text)\", a unit of \(unit.dimension.rawValue); expected one of \(expected)")
        }
        return unit
    }

    private func number(_ key: String, _ unit: MeasureUnit) throws -> Double {
        let json = try required(key, value(key))
        guard let number = json.doubleValue, number.isFinite else { throw refusal(key, json, "a number") }
        guard unit.dimension.range.contains(number * unit.factor) else {
            let range = unit.dimension.range
            throw Failure(
                "'\(place(key))' is \(json.compact.prefix(80)) \(self.json["unit"]?.stringValue ?? ""), expected \(range.lowerBound) to "
                    + "\(range.upperBound) \(unit.dimension.rawValue)")
        }
        return number * unit.factor
    }

    /// What sources disagree about lies around the value.
    private func checkBounds(_ unit: MeasureUnit, _ value: Double) throws {
        let low = try self.value("low") == nil ? value : number("low", unit)
        let high = try self.value("high") == nil ? value : number("high", unit)
        guard low <= value, value <= high else { throw Failure("'\(place("value"))' does not lie between its 'low' and its 'high'") }
    }

    private enum Sparsity: String, CaseIterable { case none = "none", half = "2:4" }

    private func isSparse(_ unit: MeasureUnit) throws -> Bool {
        guard let sparsity = try choice("sparsity", Sparsity.self) else { return false }
        guard unit.dimension == .operationsPerSecond else { throw Failure("'\(place("sparsity"))' belongs to no rate of operations") }
        return sparsity == .half
    }

    /// Shares over a size, as `{"of": "rows", "points": [[1, 0.1], [64, 0.8]], "kind": .., "source": ..}`.
    func curve(_ key: String, of size: String) throws -> Curve? {
        guard let reader = try object(key) else { return nil }
        try reader.only("of", "points", "kind", "source", "note")
        guard try reader.string("of") == size else { throw Failure("'\(reader.place("of"))' is not \"\(size)\"") }
        let (kind, source) = try reader.provenance()
        return Curve(points: try reader.points(), kind: kind, source: source, path: reader.path)
    }

    private func points() throws -> [(size: Double, share: Double)] {
        let json = try required("points", value("points")), list = json.arrayValue ?? []
        let points = list.compactMap { pair -> (size: Double, share: Double)? in
            guard let both = pair.arrayValue, both.count == 2, let size = both[0].doubleValue, let share = both[1].doubleValue else {
                return nil
            }
            return size > 0 && size.isFinite && Curve.shares.contains(share) ? (size, share) : nil
        }
        let rise = zip(points, points.dropFirst()).allSatisfy { $0.size < $1.size }
        guard !points.isEmpty, points.count == list.count, rise else {
            throw refusal("points", json, "pairs of a size and a share of 0.0001 to 1, by rising size")
        }
        return points
    }
}
