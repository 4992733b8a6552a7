import Tensors

/// The loops that adjoints share, over `count` floats. They are short enough for the compiler to make vector instructions of them.
package enum Vectors {
    /// y += x.
    @inlinable
    package static func add(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
        for index in 0..<count { y[index] += x[index] }
    }

    /// y += factor · x.
    @inlinable
    package static func add(_ x: UnsafePointer<Float>, times factor: Float, to y: UnsafeMutablePointer<Float>, count: Int) {
        for index in 0..<count { y[index] += factor * x[index] }
    }

    /// y += a ⊙ b.
    @inlinable
    package static func add(
        _ a: UnsafePointer<Float>, times b: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
    ) {
        for index in 0..<count { y[index] += a[index] * b[index] }
    }

    /// a · b.
    @inlinable
    package static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
        sum(count) { a[$0] * b[$0] }
    }

    /// Σ f(index) over 0..<count, in sixteen lanes that are added up at the end, so that the order is fixed and short chains of rounding
    /// errors come of it.
    @inlinable @inline(__always)
    package static func sum(_ count: Int, _ f: (Int) -> Float) -> Float {
        var lanes = SIMD16<Float>(repeating: 0)
        let whole = count / 16 * 16
        for start in stride(from: 0, to: whole, by: 16) { for lane in 0..<16 { lanes[lane] += f(start + lane) } }
        for index in whole..<count { lanes[index - whole] += f(index) }
        return lanes.sum()
    }
}

/// Calls `body` with room for `count` floats.
@inlinable @inline(__always)
package func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, count)) { scratch in
        if let start = scratch.baseAddress { body(start) }
    }
}
