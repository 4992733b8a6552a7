import Basis

/// Settles what each tensor's type is where its number and its size leave several.
struct LayoutChoice {
    private let model: GGUFParts
    private let architecture: Architecture
    private let wanted: StoredType?

    /// `name` is the layout that the user names; nil to find it out.
    init(_ model: GGUFParts, _ architecture: Architecture, layout name: String?) throws {
        (self.model, self.architecture) = (model, architecture)
        wanted = try name.map { name in
            guard let type = LayoutChoice.choices.first(where: { $0.rawValue == name }) else {
                throw Failure("there is no layout '\(name)'; known: \(LayoutChoice.choices.map(\.rawValue).joined(separator: ", "))")
            }
            return type
        }
    }

    /// What `--layout` takes: the types that share their numbers.
    private static let choices: [StoredType] = [.i2sX86, .i2sRows, .i2sARM, .q2x0of64, .q2x0of128]

    /// The type of each tensor of the model, in order.
    func types() throws -> [StoredType] {
        let shared = try sharedI2S()
        let types = try model.tensors.map { _, tensor in
            try placing("tensor '\(tensor.name)'") { try type(of: tensor, shared) }
        }
        if let wanted, !types.contains(where: { $0.number == wanted.number }) {
            throw Failure("no tensor is of a type that can have the layout '\(wanted.rawValue)'")
        }
        return types
    }

    private func type(of tensor: StoredTensor, _ shared: StoredType?) throws -> StoredType {
        var candidates = tensor.candidates
        if let wanted, wanted.number == tensor.type {
            candidates = candidates.filter { $0 == wanted }
            guard !candidates.isEmpty else { throw Failure("its size is not that of the layout '\(wanted.rawValue)'") }
        }
        if candidates.count > 1, let shared { candidates = candidates.filter { $0 == shared } }
        guard candidates.count == 1, let type = candidates.first else { throw LayoutChoice.undecided(tensor.candidates) }
        guard type != .tl1, type != .tl2 else {
            throw Failure("has type \(type.rawValue), whose tiles only the machine that wrote it knows: convert the model to i2_s")
        }
        return type
    }

    static func undecided(_ candidates: [StoredType]) -> Failure {
        Failure("may be any of \(candidates.map(\.rawValue).joined(separator: ", ")), and nothing tells which: name one by --layout")
    }

    /// The one layout that all matrices of I2_S have, as one machine has written them; nil where there is none. A layout that the user
    /// names is refused where the matrices tell of another.
    private func sharedI2S() throws -> StoredType? {
        let tensors = model.tensors.filter { $0.tensor.candidates.contains(where: \.isI2S) }
        guard !tensors.isEmpty else { return nil }
        let possible = StoredType.allCases.filter { type in type.isI2S && tensors.allSatisfy { $0.tensor.candidates.contains(type) } }
        guard possible.count > 1 else { return possible.first }
        let told = try LayoutEvidence(model, architecture).layout(among: possible)
        if let wanted, let told, wanted.isI2S, wanted != told {
            throw Failure("is not of the layout '\(wanted.rawValue)': where its matrices have zeros fits '\(told.rawValue)' alone")
        }
        return wanted.flatMap { $0.isI2S ? $0 : nil } ?? told
    }
}
