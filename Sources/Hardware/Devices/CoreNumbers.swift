import Basis

/// The numbers of an instruction-level model, with their sources.
public struct CoreNumbers: Sendable {
    let json: JSONObject
    init(_ reader: ObjectReader) throws { json = reader.json }
}
