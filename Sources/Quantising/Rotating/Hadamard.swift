import Tensors

/// Turns vectors by an orthogonal matrix all of whose numbers have one magnitude: signs, then Sylvester's Hadamard matrix, over its root.
struct Hadamard {
    /// A power of two.
    let size: Int
    private let signs: [Float]

    /// Signs follow from the size alone.
    init(size: Int) {
        var random = Random(seed: 0x4861_6461_6d61_7264)
        (self.size, signs) = (size, (0..<size).map { _ in random.next() >> 63 == 0 ? 1 : -1 })
    }

    /// Turns `size` vectors of `width` numbers into each other, each `stride` apart: with a width and a stride of 1, the numbers of one
    /// vector.
    func turn(_ x: UnsafeMutablePointer<Float>, width: Int, stride: Int) {
        let factor = 1 / Float(size).squareRoot()
        for row in 0..<size { for column in 0..<width { x[row * stride + column] *= signs[row] * factor } }
        var distance = 1
        while distance < size {
            for row in 0..<size where row & distance == 0 {
                let (a, b) = (x + row * stride, x + (row + distance) * stride)
                for column in 0..<width { (a[column], b[column]) = (a[column] + b[column], a[column] - b[column]) }
            }
            distance *= 2
        }
    }
}
