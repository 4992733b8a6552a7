import Basis
import Toolkit

/// What `SpeedRun` found, for people and as JSON lines.
public struct SpeedReport {
    let model: LoadedModel
    let limits: [(threads: Int, samples: LimitSamples)]
    let results: [SpeedResult]

    func limit(_ threads: Int) -> LimitSamples { limits.first { $0.threads == threads }?.samples ?? LimitSamples() }

    public func printed(json: Bool) throws -> String {
        json ? try records.map { JSON.object($0).compact + "\n" }.joined() : try text
    }
}

// For people.
extension SpeedReport {
    private var text: String {
        get throws {
            let machine = MachineDescription(model.kernels), most = limits.map(\.threads).max() ?? 1
            let head = [
                ["machine", "\(machine.processor), \(machine.processors) processors, \(machine.level.rawValue)"],
                ["model", "\(model.name), \(try weightText())"],
                ["load", loadText(limit(most))],
                ["memory", memoryText],
            ]
            return table(head + limits.map { ["limit", limitText($0.threads, $0.samples)] }) + "\n" + speedTable
        }
    }

    private func weightText() throws -> String {
        let storage = try model.machine(threads: 1).storage
        let bits = storage.trits > 0 ? ", trits in \(decimal(8 * Double(storage.tritBytes) / Double(storage.trits), 2)) bits" : ""
        return "\(model.weightCount) weights, \(byteText(storage.tritBytes + storage.otherBytes)) a pass\(bits)"
    }

    private func loadText(_ limit: LimitSamples) -> String {
        let rate = Double(model.memoryBytes) / model.loadSeconds
        return "\(decimal(model.loadSeconds, 2)) s by \(model.threads) threads, \(decimal(rate / 1e9, 2)) GB/s, "
            + "\(share(rate, limit.read.best)) of reading; then \(decimal(model.firstTokenSeconds, 3)) s to the first token after 8"
    }

    private var memoryText: String {
        guard let peak = model.peakBytes else { return "\(byteText(model.memoryBytes)) of weights" }
        let ratio = Double(peak) / Double(max(1, model.memoryBytes))
        return "\(byteText(peak)) at most up to the first token, \(decimal(ratio, 2)) times the weights"
    }

    private func limitText(_ threads: Int, _ limit: LimitSamples) -> String {
        "\(threads) \(threads == 1 ? "thread" : "threads"): reading \(rateText(limit.read, "GB/s")), "
            + "multiply-adds \(rateText(limit.multiplyAdds, "Gmac/s"))"
    }

    private func rateText(_ rates: Samples, _ unit: String) -> String {
        "\(decimal(rates.best / 1e9, 1)) \(unit) (spread \(percent(rates.spread)))"
    }

    private var speedTable: String {
        let metered = results.contains { !$0.joulesPerToken.values.isEmpty }
        let head = ["phase", "threads", "batch", "context", "tokens/s", "spread", "GB/s", "of reading", "Gmac/s", "of peak"]
        let rows = results.map { row($0) + (metered ? [decimal(1000 * $0.joulesPerToken.median, 1)] : []) }
        return table([head + (metered ? ["mJ/token"] : [])] + rows, rightAligned: Set(1...10))
    }

    private func row(_ result: SpeedResult) -> [String] {
        let point = result.point, limit = limit(point.threads)
        return [
            point.phase.rawValue, "\(point.threads)", "\(point.batch)", "\(point.context)", decimal(result.tokensPerSecond.best, 1),
            percent(result.tokensPerSecond.spread), decimal(result.bytesPerSecond / 1e9, 2),
            share(result.bytesPerSecond, limit.read.best), decimal(result.multiplyAddsPerSecond / 1e9, 1),
            share(result.multiplyAddsPerSecond, limit.multiplyAdds.best),
        ]
    }
}

/// `87 %`
func percent(_ share: Double) -> String { "\(decimal(100 * share, 0)) %" }

private func share(_ value: Double, _ limit: Double) -> String { limit > 0 ? percent(value / limit) : "-" }

// As JSON lines; bench(1) lists their members.
extension SpeedReport {
    private var records: [JSONObject] {
        get throws {
            [MachineDescription(model.kernels).record, try modelRecord(), loadRecord]
                + limits.map { limitRecord($0.threads, $0.samples) } + results.map(record)
        }
    }

    private func modelRecord() throws -> JSONObject {
        let storage = try model.machine(threads: 1).storage
        return [
            "record": "model", "model": .string(model.name), "weights": .integer(model.weightCount), "trits": .integer(storage.trits),
            "trit_bytes": .integer(storage.tritBytes), "bytes_per_pass": .integer(storage.tritBytes + storage.otherBytes),
            "memory_bytes": .integer(model.memoryBytes),
        ]
    }

    private var loadRecord: JSONObject {
        [
            "record": "load", "threads": .integer(model.threads), "seconds": .number(model.loadSeconds),
            "first_token_seconds": .number(model.firstTokenSeconds), "peak_bytes": model.peakBytes.map(JSON.integer) ?? .null,
        ]
    }

    private func limitRecord(_ threads: Int, _ limit: LimitSamples) -> JSONObject {
        [
            "record": "limit", "threads": .integer(threads), "read_bytes_per_second": .number(limit.read.best),
            "read_spread": .number(limit.read.spread), "read_samples": .array(limit.read.values.map(JSON.number)),
            "multiply_adds_per_second": .number(limit.multiplyAdds.best), "multiply_add_spread": .number(limit.multiplyAdds.spread),
            "multiply_add_samples": .array(limit.multiplyAdds.values.map(JSON.number)),
        ]
    }

    private func record(_ result: SpeedResult) -> JSONObject {
        let point = result.point, limit = limit(point.threads)
        return [
            "record": "speed", "phase": .string(point.phase.rawValue), "threads": .integer(point.threads), "batch": .integer(point.batch),
            "context": .integer(point.context), "tokens_per_second": .number(result.tokensPerSecond.best),
            "spread": .number(result.tokensPerSecond.spread), "samples": .array(result.tokensPerSecond.values.map(JSON.number)),
            "bytes_per_token": .number(result.bytesPerToken), "bytes_per_second": .number(result.bytesPerSecond),
            "share_of_read": .number(result.bytesPerSecond / limit.read.best),
            "multiply_adds_per_token": .number(result.multiplyAddsPerToken),
            "multiply_adds_per_second": .number(result.multiplyAddsPerSecond),
            "share_of_multiply_adds": .number(result.multiplyAddsPerSecond / limit.multiplyAdds.best),
            "joules_per_token": result.joulesPerToken.values.isEmpty ? .null : .number(result.joulesPerToken.median),
        ]
    }
}

extension MachineDescription {
    /// The record that begins every file of JSON lines.
    var record: JSONObject {
        [
            "record": "machine", "processor": .string(processor), "processors": .integer(processors), "level": .string(level.rawValue),
            "version": .string(ternVersion),
        ]
    }
}
