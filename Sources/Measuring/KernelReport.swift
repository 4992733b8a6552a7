import Basis
import Tensors
import Toolkit

/// What `KernelRun` found, for people and as JSON lines.
public struct KernelReport {
    let machine: MachineDescription
    let levels: [KernelLevel]
    let results: [KernelResult]
    /// int8 multiply-adds a second.
    let peaks: [KernelLevel: Samples]

    public func printed(json: Bool) -> String { json ? records.map { JSON.object($0).compact + "\n" }.joined() : text }

    /// The share of its level's peak that a product reaches; nil for what is none.
    private func shareOfPeak(_ result: KernelResult, _ level: KernelLevel) -> Double? {
        guard result.kernel.isProduct, let peak = peaks[level]?.best else { return nil }
        return result.operationsPerSecond(level) / peak
    }

    private var text: String {
        let peaks = levels.map { ["peak", $0.rawValue, "\(decimal((self.peaks[$0]?.best ?? 0) / 1e9, 1)) Gmac/s"] }
        let head = ["kernel", "rows", "level", "GB/s", "of reading", "G/s", "of peak", "times scalar", "spread"]
        let rows = results.flatMap { result in levels.map { row(result, $0) } }
        let machine = table([["machine", "\(machine.processor), one thread", ""]] + peaks)
        return machine + "\n" + table([head] + rows, rightAligned: [1, 3, 4, 5, 6, 7, 8])
    }

    private func row(_ result: KernelResult, _ level: KernelLevel) -> [String] {
        [
            result.kernel.name, "\(result.kernel.rows)", level.rawValue, decimal(result.bytesPerSecond(level) / 1e9, 2),
            percent(result.bytesPerSecond(level) / result.read.best), decimal(result.operationsPerSecond(level) / 1e9, 2),
            shareOfPeak(result, level).map(percent) ?? "-", decimal(result.ratio(level), 1), percent(result.rates[level]?.spread ?? 0),
        ]
    }

    private var records: [JSONObject] {
        let peaks = levels.map { level -> JSONObject in
            [
                "record": "peak", "level": .string(level.rawValue), "multiply_adds_per_second": .number(self.peaks[level]?.best ?? 0),
                "multiply_add_spread": .number(self.peaks[level]?.spread ?? 0),
            ]
        }
        return [machine.record] + peaks + results.flatMap { result in levels.map { record(result, $0) } }
    }

    private func record(_ result: KernelResult, _ level: KernelLevel) -> JSONObject {
        [
            "record": "kernel", "kernel": .string(result.kernel.name), "rows": .integer(result.kernel.rows),
            "level": .string(level.rawValue), "bytes": .integer(result.kernel.bytes), "operations": .integer(result.kernel.operations),
            "calls_per_second": .number(result.rates[level]?.best ?? 0), "spread": .number(result.rates[level]?.spread ?? 0),
            "bytes_per_second": .number(result.bytesPerSecond(level)),
            "share_of_read": .number(result.bytesPerSecond(level) / result.read.best),
            "operations_per_second": .number(result.operationsPerSecond(level)),
            "share_of_multiply_adds": shareOfPeak(result, level).map(JSON.number) ?? .null,
            "times_scalar": .number(result.ratio(level)),
        ]
    }
}
