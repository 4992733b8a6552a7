import Models
import Support
import Tensors
import Testing
import Toolkit

/// A projection of the MatMul-free originals, every number of it.
@Suite struct ProjectionTests {
    /// The first layer's i_proj, taken apart.
    @Test(arguments: Golden.all.filter(\.hasRecurrence)) func `one projection agrees step by step`(_ golden: Golden) throws {
        let name = "model.layers.0.attn.i_proj", count = try golden.rows("unit.x").count
        let trace = try Traced(golden.model).trace(Array(golden.tokens("input_ids").prefix(count)))
        #expect(difference(try trace.output("model.layers.0.attn_norm").flatMap { $0 }, try golden.floats("unit.x")).largest < 1e-5)
        #expect(difference(try trace.output(name + ".norm").flatMap { $0 }, try golden.floats("unit.x_normed")).largest < 1e-5)
        let scales = try golden.floats("unit.act_scale_127_over_absmax"), quantised = try trace.output(name + ".quantised")
        let integers = zip(quantised, scales).flatMap { row, scale in row.map { Int8(($0 * scale).rounded()) } }
        #expect(integers == (try golden.bytes("unit.q_int8")))
        for (row, scale) in zip(quantised, scales) { #expect(abs((row.map(abs).max() ?? 0) * scale - 127) < 1e-3) }
        #expect(difference(try trace.output(name).flatMap { $0 }, try golden.floats("unit.y")).largest < 1e-4)
    }

    @Test(arguments: Golden.all.filter(\.hasRecurrence)) func `one matrix has the same trits and the same scale`(_ golden: Golden) throws {
        let traced = try Traced(golden.model), name = "model.layers.0.attn.i_proj.weight"
        let tensors = try traced.model.containerTensors(traced.kernels, traced.threads)
        let codes = try #require(tensors.index(of: name)), scale = try #require(tensors.index(of: name + ".scale"))
        let shape = try golden.entry("unit.w_ternary_int8").shape
        let trits = try tensors.withBytes(codes) { bytes in
            chunks(Array(bytes), of: bytes.count / shape[0]).flatMap { Trits.unpack($0, width: shape[1]) }
        }
        #expect(trits == (try golden.bytes("unit.w_ternary_int8")))
        let found = try tensors.withBytes(scale) { $0.loadUnaligned(as: Float.self) }
        #expect(abs(found * (try golden.floats("unit.w_scale_1_over_mean")[0]) - 1) < 1e-6)
    }
}
