import Basis
import Models
import Tensors

extension Manifest {
    /// Bytes of a manifest's JSON at most.
    public static let limit = 64 << 20

    public init(parsing text: [UInt8]) throws {
        guard text.count <= Manifest.limit else { throw Failure("the manifest takes \(text.count) bytes, more than \(Manifest.limit)") }
        try self.init(JSON(parsing: text))
    }

    public init(_ json: JSON) throws {
        guard json["format"] == "tern" else { throw Failure("the manifest's format is not 'tern'") }
        guard json["version"] == .integer(Manifest.version) else {
            throw Failure("the manifest has version \(json["version"]?.compact ?? "none"), this program knows \(Manifest.version)")
        }
        var object = Members(json, "the manifest")
        _ = (object.take("format"), object.take("version"))
        name = try object.string("name")
        family = try object.string("family")
        licence = try object.optionalString("licence")
        graph = object.take("graph")
        tensors = try object.optionalArray("tensors").map { try Tensor($0) }
        history = try object.optionalArray("history").map { try Step($0) }
        parts = try object.optionalArray("parts").map { try Part($0) }
        other = object.rest
        var names: Set<String> = []
        for tensor in tensors where !names.insert(tensor.name).inserted { throw Failure("tensor '\(tensor.name)' occurs twice") }
    }
}

/// The members of an object, taken out one by one; what is left was not known.
private struct Members {
    private(set) var rest: JSONObject
    private let what: String

    init(_ json: JSON, _ what: String) { (rest, self.what) = (json.objectValue ?? JSONObject(), what) }

    mutating func take(_ key: String) -> JSON? {
        defer { rest[key] = nil }
        return rest[key]
    }

    mutating func string(_ key: String) throws -> String {
        guard let text = take(key)?.stringValue else { throw Failure("\(what) has no \(key)") }
        return text
    }

    mutating func optionalString(_ key: String) throws -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.stringValue else { throw Failure("\(key) of \(what) is not a string") }
        return text
    }

    mutating func optionalArray(_ key: String) throws -> [JSON] {
        guard let value = take(key) else { return [] }
        guard let elements = value.arrayValue else { throw Failure("\(key) of \(what) is not an array") }
        return elements
    }

    /// A count: an integer that is not negative, written as one.
    mutating func count(_ key: String) throws -> Int {
        guard let count = Members.count(take(key)) else { throw Failure("\(key) of \(what) is not a count") }
        return count
    }

    static func count(_ value: JSON?) -> Int? {
        guard case .integer(let count)? = value, count >= 0 else { return nil }
        return count
    }

    func end() throws {
        if let key = rest.keys.first { throw Failure("\(what) has the unknown member '\(key)'") }
    }
}

extension Manifest.Tensor {
    fileprivate init(_ json: JSON) throws {
        var object = Members(json, "a tensor of the manifest")
        let name = try object.string("name")
        let encoding = try object.string("encoding")
        let element = try object.optionalString("element")
        let shape = try object.optionalArray("shape").map { value in
            guard let count = Members.count(value) else { throw Failure("tensor '\(name)' has no proper shape") }
            return count
        }
        let form = try PlaneForm(&object, of: name)
        try object.end()
        self.init(name: name, encoding: try Encoding(encoding, element, form, of: name), shape: shape)
        _ = try stored()
    }
}

extension Encoding {
    fileprivate init(_ encoding: String, _ element: String?, _ form: PlaneForm?, of name: String) throws {
        switch (encoding, element, form) {
        case ("trits", nil, nil): self = .trits
        case ("fives", nil, nil): self = .fives
        case ("int8", nil, nil): self = .integers(.eight)
        case ("int6", nil, nil): self = .integers(.six)
        case ("int4", nil, nil): self = .integers(.four)
        case ("planes", nil, let form?): self = .planes(form)
        case ("planes-of-fives", nil, let form?): self = .planesOfFives(form)
        case ("trits", _?, _), ("fives", _?, _): throw Failure("tensor '\(name)' is \(encoding) and has an element type")
        case ("planes", nil, nil), ("planes-of-fives", nil, nil):
            throw Failure("tensor '\(name)' is \(encoding) and has no number of planes")
        case (_, _, _?) where !encoding.hasPrefix("planes"): throw Failure("tensor '\(name)' is \(encoding) and has planes")
        case ("dense", let element, _):
            guard let type = ElementType(rawValue: element ?? "") else {
                throw Failure("tensor '\(name)' has element type '\(element ?? "none")', which is not supported")
            }
            self = .dense(type)
        default: throw Failure("tensor '\(name)' has encoding '\(encoding)', which is not supported")
        }
    }
}

extension PlaneForm {
    /// The members that tell how many planes a tensor has, and of which kind; nil where there are none.
    fileprivate init?(_ object: inout Members, of name: String) throws {
        let count = object.take("planes"), isFree = object.take("free"), hasShift = object.take("shift")
        guard count != nil || isFree != nil || hasShift != nil else { return nil }
        func flag(_ value: JSON?, _ key: String) throws -> Bool {
            guard let flag = value.map(\.boolValue) ?? false else { throw Failure("\(key) of tensor '\(name)' is not true or false") }
            return flag
        }
        let (free, shift) = (try flag(isFree, "free"), try flag(hasShift, "shift"))
        guard let form = PlaneForm(count: Members.count(count) ?? 0, isTied: !free, hasShift: shift), !(free && form.isTied) else {
            throw Failure("tensor '\(name)' has no proper planes: 1 to \(PlaneForm.mostPlanes), more than 1 if their scales are free")
        }
        self = form
    }
}

extension Manifest.Step {
    fileprivate init(_ json: JSON) throws {
        var object = Members(json, "a step of the history")
        let options = object.take("options") ?? [:]
        guard let options = options.objectValue else { throw Failure("options of a step of the history is not an object") }
        self.init(
            tool: try object.string("tool"), version: try object.string("version"), options: options,
            inputs: try object.optionalArray("inputs").map { try Manifest.Input($0) })
        try object.end()
    }
}

extension Manifest.Input {
    fileprivate init(_ json: JSON) throws {
        var object = Members(json, "an input of the history")
        (name, bytes) = (try object.string("name"), try object.count("bytes"))
        if let text = try object.optionalString("sha256") {
            guard let known = Digest(hex: text) else { throw Failure("sha256 of input '\(name)' is not a digest") }
            digest = .known(known)
        } else {
            digest = .row(try object.count("row"))
        }
        try object.end()
    }
}

extension Manifest.Part {
    fileprivate init(_ json: JSON) throws {
        var object = Members(json, "a part of the manifest")
        path = try object.string("path")
        guard let root = Digest(hex: try object.string("root")) else { throw Failure("root of part '\(path)' is not a digest") }
        self.root = root
        try object.end()
    }
}
