import Basis

/// What a program has made of a model's size.
public struct SizeSummary {
    let weights: Int
    private let before: Int
    private let after: Int

    /// Bytes before and after.
    public init(weights: Int, before: Int, after: Int) { (self.weights, self.before, self.after) = (weights, before, after) }

    /// Of the whole file.
    var bitsPerWeight: Double { 8 * Double(after) / Double(max(1, weights)) }

    /// `5324288 weights, 10.65 MB -> 2.45 MB, 3.68 bits a weight`, or the same as a JSON object.
    public func printed(json: Bool) -> String {
        guard json else {
            return "\(weights) weights, \(byteText(before)) -> \(byteText(after)), \(decimal(bitsPerWeight, 2)) bits a weight"
        }
        let object: JSON = [
            "weights": .integer(weights), "bytes_before": .integer(before), "bytes_after": .integer(after),
            "bits_per_weight": .number(bitsPerWeight),
        ]
        return object.compact
    }
}

extension TernCommand {
    /// Says it on standard error: a line with the program's name, or a JSON object alone.
    public static func report(_ summary: SizeSummary, json: Bool) {
        json ? printError(summary.printed(json: true) + "\n") : complain(summary.printed(json: false))
    }
}
