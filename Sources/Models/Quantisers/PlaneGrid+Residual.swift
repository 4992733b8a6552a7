extension PlaneGrid {
    /// The grid of a rule that gives one plane a scale and a zone of zeros, applied plane by plane to what the ones before it leave.
    public static func residual(
        _ weights: UnsafeBufferPointer<Float>, _ form: PlaneForm,
        _ rule: (UnsafeMutableBufferPointer<Float>) -> (scale: Float, zone: Float)
    ) -> PlaneGrid {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, weights.count)) { memory in
            let rest = UnsafeMutableBufferPointer(rebasing: memory[..<weights.count])
            for index in rest.indices { rest.initializeElement(at: index, to: weights[index]) }
            var planes: [(scale: Float, zone: Float)] = []
            for _ in 0..<form.count {
                let plane = rule(rest), scale = Float(half(plane.scale))
                planes.append(plane)
                for index in rest.indices where abs(rest[index]) > plane.zone { rest[index] -= rest[index] < 0 ? -scale : scale }
            }
            return PlaneGrid(residual: planes, form)
        }
    }
}
