import Basis
import Models
import Tensors

extension Manifest {
    /// The manifest as tern-manifest(5) lays it out, unknown members last.
    public var json: JSON {
        var object: JSONObject = ["format": "tern", "version": .integer(Manifest.version)]
        object["name"] = .string(name)
        object["family"] = .string(family)
        object["licence"] = licence.map { .string($0) }
        object["graph"] = graph
        object["tensors"] = .array(tensors.map(\.json))
        object["history"] = .array(history.map(\.json))
        if !parts.isEmpty { object["parts"] = .array(parts.map { ["path": .string($0.path), "root": .string($0.root.hex)] }) }
        for member in other.members { _ = object.append(member.key, member.value) }
        return .object(object)
    }
}

extension Manifest.Tensor {
    fileprivate var json: JSON {
        var object: JSONObject = ["name": .string(name), "encoding": .string(encoding.name)]
        if case .dense(let element) = encoding { object["element"] = .string(element.rawValue) }
        if case .planes(let form) = encoding { Self.say(form, in: &object) }
        if case .planesOfFives(let form) = encoding { Self.say(form, in: &object) }
        object["shape"] = .array(shape.map { .integer($0) })
        return .object(object)
    }
}

extension Manifest.Tensor {
    private static func say(_ form: PlaneForm, in object: inout JSONObject) {
        object["planes"] = .integer(form.count)
        if !form.isTied { object["free"] = true }
        if form.hasShift { object["shift"] = true }
    }
}

extension Manifest.Step {
    fileprivate var json: JSON {
        [
            "tool": .string(tool), "version": .string(version), "options": .object(options),
            "inputs": .array(inputs.map(\.json)),
        ]
    }
}

extension Manifest.Input {
    fileprivate var json: JSON {
        var object: JSONObject = ["name": .string(name), "bytes": .integer(bytes)]
        switch digest {
        case .known(let digest): object["sha256"] = .string(digest.hex)
        case .row(let row): object["row"] = .integer(row)
        case .pending: break
        }
        return .object(object)
    }
}
