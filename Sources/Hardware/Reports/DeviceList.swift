import Basis
import Toolkit

/// What `sim-hw devices` says.
public struct DeviceList {
    private let devices: [Device]

    public init(_ devices: [Device]) { self.devices = devices }

    /// A table for people, or JSON lines.
    public func printed(json: Bool) -> String {
        json ? devices.map { record($0).compact + "\n" }.joined() : table([DeviceList.head] + devices.map(row), rightAligned: [2, 4, 5, 6])
    }

    private static let head = ["device", "class", "chips", "weights lie in", "bytes", "bytes/s", "ternary op/s", "fidelity", "title"]

    private func row(_ device: Device) -> [String] {
        let level = device.memories.last { $0.holdsWeights }, engine = device.engines.engine(for: .ternary)
        return [
            device.name, device.category.rawValue, "\(device.chips)", level?.name ?? "", level.map { sized($0.capacity.value) } ?? "",
            level.map { sized($0.bandwidth.value) } ?? "", counted(engine.rate.value), device.core == nil ? "roofline" : "roofline, cycle",
            device.title,
        ]
    }

    private func record(_ device: Device) -> JSON {
        let level = device.memories.last { $0.holdsWeights }
        return [
            "device": .string(device.name), "title": .string(device.title), "class": .string(device.category.rawValue),
            "chips": .integer(device.chips), "memory": level.map { .string($0.name) } ?? .null,
            "capacity": level.map { .number($0.capacity.value) } ?? .null, "bandwidth": level.map { .number($0.bandwidth.value) } ?? .null,
            "ternary_operations_per_second": .number(device.engines.engine(for: .ternary).rate.value),
            "has_core": .bool(device.core != nil),
        ]
    }
}
