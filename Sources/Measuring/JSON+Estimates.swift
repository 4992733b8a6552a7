import Basis

extension JSON {
    /// JSON has no word for what is no number.
    init(finite value: Double?) { self = value.map { $0.isFinite ? .number($0) : .null } ?? .null }
}

extension JSONObject {
    mutating func add(_ members: JSONObject) { for member in members.members { self[member.key] = member.value } }

    mutating func add(_ key: String, _ estimate: Estimate?) {
        self[key] = JSON(finite: estimate?.value)
        self["\(key)_error"] = JSON(finite: estimate?.error)
    }

    mutating func add(difference estimate: Estimate) {
        self["difference"] = JSON(finite: estimate.value)
        self["difference_lower"] = JSON(finite: estimate.interval?.lowerBound)
        self["difference_upper"] = JSON(finite: estimate.interval?.upperBound)
    }
}
