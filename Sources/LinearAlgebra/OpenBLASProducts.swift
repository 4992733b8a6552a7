import COpenBLAS
import Models
import Tensors

/// Products of floats by OpenBLAS, in tiles that do not depend on the number of threads, so that neither do their bits.
public struct OpenBLASProducts: FloatProducts {
    private let threads: ThreadPool

    /// Each tile is one thread's: OpenBLAS' own threads would wait for those of the pool.
    public init(threads: ThreadPool) {
        self.threads = threads
        openblas_set_num_threads(1)
    }

    /// Rows of c in a tile: enough for OpenBLAS to reach its speed, few enough for threads to share small matrices.
    private static let tileRows = 256
    /// Columns of c in a tile.
    private static let tileColumns = 512

    public func add(_ a: FloatBlock, transposed: Bool, _ b: FloatBlock, factor: Float, to c: MutableFloatBlock) {
        let depth = transposed ? a.rows : a.columns
        precondition(depth == b.rows && c.rows == (transposed ? a.columns : a.rows) && c.columns == b.columns)
        let (down, across) = (tiles(c.rows, Self.tileRows), tiles(c.columns, Self.tileColumns))
        threads.parallel(down * across) { part in
            for tile in part {
                let row = tile / across * Self.tileRows, column = tile % across * Self.tileColumns
                cblas_sgemm(
                    CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, Int32(min(Self.tileRows, c.rows - row)),
                    Int32(min(Self.tileColumns, c.columns - column)), Int32(depth), factor,
                    a.start + (transposed ? row : row * a.stride), Int32(a.stride), b.start + column, Int32(b.stride), 1,
                    c.start + row * c.stride + column, Int32(c.stride))
            }
        }
    }

    private func tiles(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }
}
