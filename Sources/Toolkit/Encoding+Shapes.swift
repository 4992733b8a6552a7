import Models
import Tensors
import Tern

extension Encoding {
    /// That of a weight whose codes, scales and shifts have the given shapes, by their names.
    init(of weight: Weight, in shapes: [String: [Int]]) {
        let codes = shapes[weight.name] ?? [], scales = shapes[weight.scaleName] ?? []
        if weight.kind == .table, let bits = IntegerBits.forFloats.first(where: { codes == weight.integerShape($0) }) {
            self = .integers(bits)
        } else if weight.kind == .table,
            let form = weight.planeForm(codes: codes, scales: scales, hasShift: shapes[weight.shiftName] != nil) {
            self = .planes(form)
        } else {
            self = .trits
        }
    }
}
