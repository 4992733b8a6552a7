import Basis

/// The launches of a prompt and of a token over time, in the JSON that chrome://tracing and Perfetto read ("Trace Event Format").
public struct ChromeTrace {
    private let prediction: Prediction

    public init(_ prediction: Prediction) { self.prediction = prediction }

    /// The whole file.
    public var json: JSON {
        var events: [JSON] = [], start = 0.0
        for (name, pass) in prediction.prefill.suffix(1).map({ ("prefill", $0) }) + [("decode", prediction.decode)] {
            events.append(ChromeTrace.event(name, "pass", start, pass.seconds, thread: 0, [:]))
            var at = start
            for kernel in pass.kernels {
                events.append(ChromeTrace.event(kernel.name, kernel.kind.rawValue, at, kernel.seconds, thread: 1, arguments(kernel)))
                at += kernel.seconds
            }
            // Launches of a pass whose weights come ahead overlap; here they stand in a row.
            start = max(start + pass.seconds, at)
        }
        return ["displayTimeUnit": "ms", "traceEvents": .array(events)]
    }

    private func arguments(_ kernel: KernelEstimate) -> JSON {
        [
            "layer": .string(kernel.layer.text), "bound": .string(kernel.bound.rawValue), "bytes": .number(kernel.allBytes),
            "operations": .number(kernel.operations), "joules": .number(kernel.energy.dynamic),
        ]
    }

    /// A complete event; its times are microseconds.
    static func event(_ name: String, _ category: String, _ start: Double, _ seconds: Double, thread: Int, _ arguments: JSON) -> JSON {
        [
            "name": .string(name), "cat": .string(category), "ph": "X", "ts": .number(1e6 * start), "dur": .number(1e6 * seconds), "pid": 1,
            "tid": .integer(thread), "args": arguments,
        ]
    }
}
