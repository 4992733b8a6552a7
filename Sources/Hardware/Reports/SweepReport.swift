import Basis
import Toolkit

/// What `sim-hw sweep` says: a line a prediction.
public struct SweepReport {
    let predictions: [Prediction]

    public init(_ predictions: [Prediction]) { self.predictions = predictions }

    /// A table for people.
    public var text: String {
        let head = ["device", "chips", "batch", "prompt", "fits", "first token", "token", "tokens/s", "W", "J/token", "tokens/s/W"]
        let rows = predictions.map { prediction in
            let (simulation, work) = (prediction.simulation, prediction.simulation.workload)
            return [
                simulation.device.name, "\(simulation.device.chips)", "\(work.batch)", "\(work.prompt)",
                simulation.memory.fits ? "yes" : "NO",
                timed(prediction.firstTokenSeconds), timed(prediction.tokenSeconds), rounded(prediction.decodeTokensPerSecond),
                rounded(prediction.watts), rounded(prediction.joulesPerToken),
                prediction.watts > 0 ? rounded(prediction.decodeTokensPerSecond / prediction.watts) : "-",
            ]
        }
        return table([head] + rows, rightAligned: Set(1...10))
    }

    private static let columns: [(String, @Sendable (Prediction) -> JSON)] = [
        ("device", { .string($0.simulation.device.name) }), ("model", { .string($0.simulation.model.name) }),
        ("chips", { .integer($0.simulation.device.chips) }), ("batch", { .integer($0.simulation.workload.batch) }),
        ("prompt", { .integer($0.simulation.workload.prompt) }), ("tokens", { .integer($0.simulation.workload.tokens) }),
        ("memory_bytes", { .number($0.simulation.memory.bytes) }), ("memory_fits", { .bool($0.simulation.memory.fits) }),
        ("first_token_seconds", { .number($0.firstTokenSeconds) }), ("token_seconds", { .number($0.tokenSeconds) }),
        ("decode_tokens_per_second", { .number($0.decodeTokensPerSecond) }), ("watts", { .number($0.watts) }),
        ("joules_per_token", { .number($0.joulesPerToken) }),
    ]

    /// An object a prediction; sim-hw(1) lists its members.
    public var jsonLines: String {
        predictions.map { prediction in
            var object = JSONObject()
            for (name, value) in SweepReport.columns { object[name] = value(prediction) }
            return JSON.object(object).compact + "\n"
        }.joined()
    }

    /// Comma-separated values (RFC 4180, with line feeds), a line of names first.
    public var csv: String {
        let lines = predictions.map { prediction in SweepReport.columns.map { SweepReport.cell($0.1(prediction)) } }
        return ([SweepReport.columns.map(\.0)] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static func cell(_ value: JSON) -> String {
        guard let text = value.stringValue else { return value.compact }
        return text.contains { $0 == "," || $0 == "\"" || $0.isNewline } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
