import Tensors

/// What an operation's adjoint may look at and add to: the rows of a whole forest at once.
///
/// Nothing writes a gradient but adds to it, for a node may have several readers. Gradients are floats, also those by rows that are
/// quantised when running: the quantiser passes them on (the straight-through estimator, Bengio et al. 2013).
public struct Pull: ~Copyable {
    public let inputs: [Rows]
    public let output: Rows
    /// Of the loss by the output. An operation with state adds to its rows what their descendants have to say, before it reads them.
    public let outputGradient: Rows
    /// Of the loss by each input: to be added to.
    public let inputGradients: [Rows]
    /// The weight as `run` found it.
    public let parameter: Parameter
    /// The weight as it is trained, float32; of a ternary matrix, what the trits were made of.
    public let latent: UnsafePointer<Float>?
    /// Of the loss by the weight, in the weight's shape: to be added to.
    public let weightGradient: UnsafeMutablePointer<Float>?
    /// Of an operation with several weights: each as it is trained, and the gradients by them.
    public let latents: [UnsafePointer<Float>]
    public let weightGradients: [UnsafeMutablePointer<Float>]
    /// Of a ternary matrix: its trits in the form of files.
    public let codes: UnsafePointer<UInt8>?
    public let forest: Forest
    public let products: BackwardProducts
    public let kernels: Kernels
    public let threads: ThreadPool

    package init(
        inputs: [Rows], output: Rows, outputGradient: Rows, inputGradients: [Rows], parameter: Parameter,
        latents: [UnsafePointer<Float>], weightGradients: [UnsafeMutablePointer<Float>], codes: UnsafePointer<UInt8>?, forest: Forest,
        products: BackwardProducts, kernels: Kernels, threads: ThreadPool
    ) {
        (self.inputs, self.output, self.outputGradient, self.inputGradients) = (inputs, output, outputGradient, inputGradients)
        (self.parameter, self.latents, self.weightGradients, self.codes) = (parameter, latents, weightGradients, codes)
        (latent, weightGradient) = latents.count == 1 ? (latents[0], weightGradients[0]) : (nil, nil)
        (self.forest, self.products, self.kernels, self.threads) = (forest, products, kernels, threads)
    }

    /// Rows in the forest.
    public var count: Int { output.count }

    /// Calls `body` with parts of the rows, several at a time where that pays.
    public func eachRow(_ body: (Int) -> Void) {
        threads.parallel(count, grain: max(1, RunContext.grain / max(1, output.width))) { part in
            for row in part { body(row) }
        }
    }

    /// Calls `body` with parts of the columns 0..<width, several at a time where that pays: for sums over all rows, whose order must not
    /// depend on the number of threads.
    public func eachColumns(_ width: Int, _ body: (Range<Int>) -> Void) {
        threads.parallel(width, grain: max(64, RunContext.grain / max(1, count))) { body($0) }
    }
}
