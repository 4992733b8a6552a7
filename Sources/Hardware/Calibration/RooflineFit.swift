import Basis
import Toolkit

/// A roofline fitted to measured launches: seconds = overhead + max(bytes / bandwidth, operations / rate), by least squares of the
/// relative errors.
///
/// Which of the two binds a launch depends on its operations a byte alone: the launches are put in that order, each place is tried as the
/// ridge, and for each the equation is linear. So the best fit is found, whatever the start.
public struct RooflineFit: Sendable {
    let overhead: Double
    /// Nil where no launch is bound by it.
    let bandwidth: Double?
    let rate: Double?
    /// Relative errors of the launches, in the table's order.
    let errors: [Double]

    /// A measured launch.
    struct Launch: Hashable, Sendable {
        let bytes: Double
        let operations: Double
        let seconds: Double

        var intensity: Double { bytes > 0 ? operations / bytes : .infinity }
    }

    init(_ launches: [Launch]) throws {
        guard launches.count >= 3 else { throw Failure("has \(launches.count) launches, at least 3 are needed") }
        guard launches.count <= 2000 else { throw Failure("has \(launches.count) launches, more than 2000") }
        let order = launches.sorted { $0.intensity < $1.intensity }
        var best: (least: Double, x: [Double])?
        for ridge in 0...order.count {
            let rows = order.enumerated().map { index, launch in
                LeastSquares.Row(
                    factors: [1, index < ridge ? launch.bytes : 0, index < ridge ? 0 : launch.operations], value: launch.seconds)
            }
            let x = try LeastSquares.relative(rows)
            let error = launches.reduce(0) { $0 + RooflineFit.error($1, x) * RooflineFit.error($1, x) }
            if error < best?.least ?? .infinity { best = (error, x) }
        }
        guard let x = best?.x, x[1] > 0 || x[2] > 0 else { throw Failure("its seconds grow with neither bytes nor operations") }
        overhead = x[0]
        (bandwidth, rate) = (x[1] > 0 ? 1 / x[1] : nil, x[2] > 0 ? 1 / x[2] : nil)
        errors = launches.map { RooflineFit.error($0, x) }
    }

    private static func error(_ launch: Launch, _ x: [Double]) -> Double {
        (x[0] + max(launch.bytes * x[1], launch.operations * x[2])) / launch.seconds - 1
    }

    var meanError: Double { errors.reduce(0) { $0 + $1.magnitude } / Double(max(1, errors.count)) }
}

// The table.
extension RooflineFit {
    private static let columns = ["bytes", "operations", "seconds"]

    /// Comma-separated values; the first line names the columns, among them bytes, operations and seconds, in any order.
    public init(csv bytes: [UInt8]) throws {
        let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).map { String(decoding: $0, as: UTF8.self) }
        guard let head = lines.first else { throw Failure("is empty") }
        let names = RooflineFit.cells(head)
        let places = try RooflineFit.columns.map { name in
            guard let place = names.firstIndex(of: name) else { throw Failure("has no column '\(name)' in its first line") }
            return place
        }
        try self.init(lines.dropFirst().enumerated().map { index, line in
            try placing("line \(index + 2)") { try Launch(RooflineFit.cells(line), places) }
        })
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
            String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension RooflineFit.Launch {
    fileprivate init(_ cells: [String], _ places: [Int]) throws {
        let numbers = try places.map { place in
            guard cells.indices.contains(place), let number = Double(cells[place]), number >= 0, number.isFinite else {
                throw Failure("holds no number that is not negative in column \(place + 1)")
            }
            return number
        }
        (bytes, operations, seconds) = (numbers[0], numbers[1], numbers[2])
        guard seconds > 0 else { throw Failure("holds no time that is more than 0") }
    }
}

// What it says.
extension RooflineFit {
    /// For people.
    public var text: String {
        table([
            ["overhead", timed(overhead)], ["bandwidth", bandwidth.map { "\(sized($0))/s" } ?? "binds no launch"],
            ["rate", rate.map { "\(counted($0)) op/s" } ?? "binds no launch"], ["errors", errorText],
        ])
    }

    private var errorText: String {
        let (least, most) = (errors.min() ?? 0, errors.max() ?? 0)
        return "mean \(shared(meanError)), from \(percent(least)) to \(percent(most)) over \(errors.count) launches"
    }

    private func percent(_ share: Double) -> String { "\(share > 0 ? "+" : "")\(decimal(100 * share, 1)) %" }

    /// The members of a device's engine, ready to be put into its file.
    public var json: JSON {
        [
            "overhead": quantity(overhead, "s"), "bandwidth": bandwidth.map { quantity($0, "B/s") } ?? .null,
            "rate": rate.map { quantity($0, "op/s") } ?? .null, "mean_error": .number(meanError), "errors": .array(errors.map(JSON.number)),
        ]
    }

    private func quantity(_ value: Double, _ unit: String) -> JSON {
        [
            "value": .number(value), "unit": .string(unit), "kind": "derived",
            "source": .string("least squares over \(errors.count) launches, mean error \(shared(meanError))"),
        ]
    }
}
