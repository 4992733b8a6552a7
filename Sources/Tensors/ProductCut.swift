import CTernKernels

/// How a product is cut into pieces.
///
/// Pairs go by groups of rows. Triples go by bands where there are few rows of activations, as the memory is what everything waits for and
/// a band is read in one stretch; where they are many, by blocks: so many rows by so many rows of activations that tables and sums stay
/// in the second-level cache. Whoever does a piece makes its tables, and nobody else touches its products. Blocks of the same rows follow
/// each other, so that these are read from memory once.
struct ProductCut {
    /// Parts that rows, and rows of activations, are cut into.
    let rowParts: Int, activationParts: Int
    private let groups: Int

    /// Groups of rows in a block at most.
    static let mostGroups = 54

    /// For so many rows of activations, and so many threads that do so many products in one go.
    init(_ matrix: TernaryMatrix, count: Int, threads: Int, among products: Int) {
        let ownThreads = (threads + products - 1) / products
        groups = (matrix.rows + matrix.layout.group - 1) / matrix.layout.group
        if matrix.layout == .pairs {
            (rowParts, activationParts) = (groups, min(1, count))
        } else if count <= Kernels.few {
            let bands = TritLayout.bands(rows: matrix.rows)
            (rowParts, activationParts) = (ProductCut.parts(of: groups, inMultiplesOf: bands, ownThreads), min(1, count))
        } else {
            activationParts = (count + Kernels.many - 1) / Kernels.many
            let enough = (ownThreads + activationParts - 1) / activationParts
            let blocks = (groups + ProductCut.mostGroups - 1) / ProductCut.mostGroups
            rowParts = ProductCut.parts(of: groups, inMultiplesOf: blocks, enough)
        }
    }

    /// At least so many parts.
    private static func parts(of groups: Int, inMultiplesOf few: Int, _ parts: Int) -> Int { min(groups, (parts + few - 1) / few * few) }

    var pieces: Int { rowParts * activationParts }

    /// The groups of rows of a piece. Bands are parts in this sense too.
    func groups(of piece: Int) -> Range<Int> {
        let part = piece / activationParts
        return groups * part / rowParts..<groups * (part + 1) / rowParts
    }

    /// Where those of a piece of triples lie, if they are a band.
    fileprivate func memory(of piece: Int, in matrix: TernaryMatrix) -> UnsafeRawBufferPointer {
        let groups = groups(of: piece), groupBytes = matrix.byteCount / self.groups
        return UnsafeRawBufferPointer(start: matrix.trits + groups.lowerBound * groupBytes, count: groups.count * groupBytes)
    }
}

/// What each thread of a pool will read first where these matrices of triples are multiplied in one go, with few rows of activations.
public func firstReads(of matrices: [TernaryMatrix], pool: ThreadPool) -> [UnsafeRawBufferPointer] {
    guard matrices.allSatisfy({ $0.layout == .triples }) else { return [] }
    let pieces = matrices.flatMap { matrix in
        let cut = ProductCut(matrix, count: 1, threads: pool.threads, among: matrices.count)
        return (0..<cut.pieces).map { cut.memory(of: $0, in: matrix) }
    }
    return (0..<pool.threads).map { thread in
        let share = PieceShares.share(of: thread, pieces: pieces.count, threads: pool.threads)
        return share.isEmpty ? UnsafeRawBufferPointer(start: nil, count: 0) : pieces[share.lowerBound]
    }
}
