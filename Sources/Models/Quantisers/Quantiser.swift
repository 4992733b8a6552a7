import Basis
import Tensors

/// A quantiser plugin: makes matrices of floats ternary. It says which values the weights of a span may have; whoever asks rounds to them,
/// each weight by itself or so that later ones make up for it.
public protocol Quantiser: Sendable {
    /// The name that `quantize --method` takes: `absmean`.
    static var name: String { get }

    /// Refuses planes that the rule cannot make.
    static func check(_ form: PlaneForm) throws

    /// The grid for weights that are finite: those of a span, or all of a matrix. `metric` tells what errors cost; nil for as much as their
    /// squares.
    static func grid(for weights: UnsafeBufferPointer<Float>, _ form: PlaneForm, _ metric: SpanMetric?) -> PlaneGrid

    /// A whole matrix with one scale, as models are trained: writes the trit codes of every row to `codes`, each row on a byte of its own,
    /// `(columns + 3) / 4` bytes; refuses NaN and infinity.
    static func quantise(_ matrix: FloatMatrix, codes: UnsafeMutableRawBufferPointer, _ kernels: Kernels, _ threads: ThreadPool) throws
        -> QuantisedMatrix

    /// A whole matrix as planes: unless the rule does otherwise, each span by its grid.
    static func planes(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> PlaneMatrix
}

/// What a quantiser says of its work.
public struct QuantisedMatrix: Hashable, Sendable {
    /// What a trit of +1 stands for.
    public let scale: Float

    public init(scale: Float) { self.scale = scale }
}

extension Quantiser {
    public static func planes(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> PlaneMatrix { try PlaneMatrix(weight, form, of: matrix, by: Self.self, kernels, threads) }

    /// Takes any number of planes, each fitted to what the ones before it leave, and no shift.
    public static func check(_ form: PlaneForm) throws {
        guard !form.hasShift else { throw Failure("the method '\(name)' has no shift") }
        guard form.count == 1 || !form.isTied else {
            throw Failure("the method '\(name)' fits each plane to what the ones before it leave: the scales of its planes are free")
        }
    }

    /// One grid for all of the matrix. All of its weights are in memory as floats for the while.
    public static func quantise(
        _ matrix: FloatMatrix, codes: UnsafeMutableRawBufferPointer, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> QuantisedMatrix {
        let sum = kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads) ?? .nan
        guard sum.isFinite else { throw Failure("holds a NaN or an infinity") }
        let floats = kernels.floats(matrix.bytes, element: matrix.element) ?? []
        let grid = floats.withUnsafeBufferPointer { Self.grid(for: $0, .single, nil) }
        let rowBytes = Trits.rowBytes(width: matrix.columns)
        floats.withUnsafeBufferPointer { floats in
            threads.parallel(matrix.rows, grain: max(1, 65536 / matrix.columns)) { part in
                for row in part {
                    let weights = floats[row * matrix.columns..<(row + 1) * matrix.columns]
                    let trits = weights.map { Int8(grid.code(of: $0)) - 1 }
                    UnsafeMutableRawBufferPointer(rebasing: codes[row * rowBytes..<(row + 1) * rowBytes]).copyBytes(from: Trits.pack(trits))
                }
            }
        }
        return QuantisedMatrix(scale: max(Float(grid.scales[0]), .leastNormalMagnitude))
    }
}

extension PlaneForm {
    /// One plane without a shift: what models are trained with.
    public static let single = PlaneForm(singleWithShift: false)

    private init(singleWithShift hasShift: Bool) { (count, isTied, self.hasShift) = (1, true, hasShift) }
}
