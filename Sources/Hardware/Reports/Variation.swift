import Accelerator

/// A device or a workload with one thing otherwise.
struct Variation {
    let name: String
    var device: Device
    var workload: Workload

    /// Everything that is worth asking for.
    static func all(_ simulation: Simulation) -> [Variation] {
        hardware(simulation) + forms(simulation)
    }

    private static func hardware(_ simulation: Simulation) -> [Variation] {
        let (device, workload) = (simulation.device, simulation.workload)
        var wide = device, fast = device, vectors = device, direct = device
        wide.scaleBandwidth(by: 2)
        fast.scaleRates(by: 2)
        vectors.engines.vector.rate = vectors.engines.vector.rate.scaled(by: 2)
        direct.dropOverheads()
        var result = [
            Variation(name: "twice the bandwidth", device: wide, workload: workload),
            Variation(name: "twice the clock of every engine", device: fast, workload: workload),
            Variation(name: "twice the vector engine", device: vectors, workload: workload),
            Variation(name: "launches that take no time", device: direct, workload: workload),
        ]
        if device.chips > 1, let link = device.link {
            var linked = device
            linked.link = Link(bandwidth: link.bandwidth.scaled(by: 2), latency: link.latency.scaled(by: 0.5), energy: link.energy)
            result.append(Variation(name: "links twice as fast", device: linked, workload: workload))
        }
        return result
    }

    private static func forms(_ simulation: Simulation) -> [Variation] {
        let (device, workload) = (simulation.device, simulation.workload)
        var result: [Variation] = []
        if simulation.model.tritCount > 0 {
            for packing in [Packing.fives, .pairs] where packing.bits != simulation.roofline.form.tritBits {
                var other = workload
                other.packing = packing
                result.append(Variation(name: "\(packing.rawValue) bits a trit", device: device, workload: other))
            }
        }
        if simulation.roofline.form.tableBits > 8 {
            var other = workload
            other.tables = .int8
            result.append(Variation(name: "embedding and float head in int8", device: device, workload: other))
        }
        var both = workload
        both.batch *= 2
        result.append(Variation(name: "twice as many texts at once", device: device, workload: both))
        return result
    }
}

extension Device {
    mutating func scaleBandwidth(by factor: Double) {
        for index in memories.indices { memories[index].bandwidth = memories[index].bandwidth.scaled(by: factor) }
        eachEngine { $0.bandwidth = $0.bandwidth?.scaled(by: factor) }
    }

    mutating func scaleRates(by factor: Double) {
        eachEngine { $0.rate = $0.rate.scaled(by: factor) }
    }

    mutating func dropOverheads() {
        overhead = nil
        eachEngine { $0.overhead = nil }
    }

    private mutating func eachEngine(_ body: (inout Engine) -> Void) {
        body(&engines.vector)
        for path in [\Engines.ternary, \Engines.dense, \Engines.attention] {
            guard var engine = engines[keyPath: path] else { continue }
            body(&engine)
            engines[keyPath: path] = engine
        }
    }
}
