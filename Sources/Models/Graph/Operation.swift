import Basis

/// What a node of a graph does: a small value that knows its equation, its weight, its state, how to run and what that costs.
///
/// One operation is one file under `Operations/`, or in the folder of the plugin that alone needs it. All of them work on rows, one a
/// token; only one with state looks at which row belongs to which session. The laws that every operation obeys are tests over
/// `Catalog.operations`:
///
/// - `run` gives what `define` gives, at 1, 63 and 100 rows, whatever the memory held before;
/// - `cost` says what a run of `define` on counting numbers counts;
/// - rows at once give what rows one by one give, in one session or spread over many;
/// - `grow` gives what `run` gives on forks of sessions;
/// - `pull` gives what finite differences of `define` give, where rounding is left out;
/// - `init(attributes:)` undoes `attributes`.
public protocol Operation: Hashable, Sendable {
    /// The stable name under which graphs are written.
    static var name: String { get }

    /// Everything that makes this value what it is, its weight's name and shape included.
    var attributes: JSONObject { get }

    /// Reads `attributes`, which may come from a file: refuses what it does not know or cannot run.
    init(attributes: AttributeReader) throws

    /// The tensor it needs, if it needs just one.
    var weight: Weight? { get }

    /// All tensors it needs. Where there are several, they are dense, and everybody who is given them finds them in this order.
    var weights: [Weight] { get }

    /// The form of a row of its output, given those of its inputs; refuses inputs that it cannot take.
    func form(of inputs: [Form]) throws -> Form

    /// What it remembers of each session.
    var memory: Memory { get }

    /// Whether it looks at the tokens of the rows, or at where they stand.
    var readsTokens: Bool { get }

    /// What it really needs of its one dense weight, made once when a model is loaded: `run` finds it in its context.
    func prepared(_ weight: [Float]) -> [Float]

    /// Fills every row of `output`, and moves the state of each session on.
    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext)

    /// The definition: its equation for one token, on any kind of number. Quantised rows are given and returned as the numbers that
    /// they stand for. What it remembers is `state`: floats as they are, keys and values one token after the other. It is the oracle of
    /// `run` and the source of `cost`.
    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number]

    /// The adjoint of `run`, for all rows of a forest at once: from the gradient of a loss by the output it adds to those by the inputs and
    /// by the weight. What stands for a ternary matrix, or for quantised rows, gets the gradient by what it stands for (the
    /// straight-through estimator); nothing else in training knows about trits.
    func pull(_ pull: borrowing Pull)

    /// Fills the rows `part` of `output` for tokens of a forest, all of whose ancestors have been filled: what `run` does for sessions,
    /// where states branch. Only an operation with state has anything of its own to do.
    func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext)

    /// What one token costs, by kind, in a session that has seen `past` others.
    func cost(_ inputs: [Form], past: Int) -> Cost
}

extension Operation {
    public var weight: Weight? { nil }
    public var weights: [Weight] { weight.map { [$0] } ?? [] }
    public var memory: Memory { .nothing }
    public var readsTokens: Bool { false }
    public func prepared(_ weight: [Float]) -> [Float] { weight }

    public func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        run(inputs.map { $0.part(part) }, output.part(part), context)
    }
}
