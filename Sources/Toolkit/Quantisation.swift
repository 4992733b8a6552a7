import Basis
import Catalog
import Models
import Tensors

/// What `quantize` is asked to make of a model's matrices.
public struct Quantisation: Sendable {
    /// A quantiser's name; nil for the one that the model's family was trained with, or for models of floats the best.
    public var method: String?
    /// How many planes matrices of floats become; nil if that is not asked for.
    public var planes: Int?
    /// Whether each plane has scales of its own; nil for tied ones where the method has such.
    public var freeScales: Bool?
    public var shifts = false
    /// The text that errors are made up for on; nil for none.
    public var calibration: Calibration?
    /// Bits a weight, scales included, that matrices may take; planes are then chosen for each, and `planes` is not looked at.
    public var budget: Double?
    public var rotation = RotationChoice.none
    /// In how many bits embeddings and float heads are kept; nil leaves them as they are.
    public var embedding: IntegerBits?

    public init() {}

    /// Whether matrices of floats are to become planes.
    var wantsPlanes: Bool { method != nil || isOfFloatsOnly }

    /// Whether it asks for what only models of floats can have.
    var isOfFloatsOnly: Bool {
        planes != nil || freeScales != nil || shifts || calibration != nil || budget != nil || rotation != .none
    }

    /// The form of the planes; refuses what the quantiser cannot make.
    func form(_ quantiser: any Quantiser.Type) throws -> PlaneForm {
        func form(tied: Bool) throws -> PlaneForm {
            guard let form = PlaneForm(count: planes ?? 1, isTied: tied, hasShift: shifts) else {
                throw Failure("a matrix becomes 1 to \(PlaneForm.mostPlanes) planes, not \(planes ?? 1)")
            }
            try quantiser.check(form)
            return form
        }
        guard freeScales == nil else { return try form(tied: freeScales == false) }
        do { return try form(tied: true) } catch { return try form(tied: false) }
    }

    /// Those of one plane, of two and of three, which a budget chooses among.
    func candidates(_ quantiser: any Quantiser.Type) throws -> [PlaneForm] {
        try (1...PlaneForm.mostPlanes).map { count in
            var wish = self
            wish.planes = count
            return try wish.form(quantiser)
        }
    }

    /// What a container's history says of it.
    func options(method: String, _ form: PlaneForm?) -> JSONObject {
        var options: JSONObject = ["method": .string(method)]
        if let budget { options["budget"] = .number(budget) }
        if rotation != .none { options["rotation"] = .string(rotation.rawValue) }
        if let form {
            options["planes"] = .integer(form.count)
            options["scales"] = form.isTied ? "tied" : "free"
            if form.hasShift { options["shifts"] = true }
        }
        return options
    }
}

/// Whether weights are turned before they become planes.
public enum RotationChoice: String, Sendable, CaseIterable {
    case none, hadamard
    /// Whichever predicts a part of the calibration text better that errors were not made up for on.
    case auto
}
