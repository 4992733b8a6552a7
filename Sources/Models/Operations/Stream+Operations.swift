/// The operations in the words that papers use for them.
extension GraphBuilder {
    /// Rows of the table `name`.weight, one for each token.
    public func embedding(_ name: String, vocabulary: Int, width: Int) -> Stream {
        add(Embedding(table: Weight("\(full(name)).weight", shape: [vocabulary, width], kind: .table)), [], name: name)
    }
}

extension Stream {
    /// RMSNorm with the gain `name`.weight.
    public func norm(_ name: String, epsilon: Float) -> Stream {
        let gain = Weight("\(builder.full(name)).weight", shape: [width], kind: .dense)
        return apply(RMSNorm(gain: gain, epsilon: epsilon), name: name)
    }

    /// RMSNorm of each head of `headWidth` numbers with the gain `name`.weight.
    public func headNorm(_ name: String, headWidth: Int, epsilon: Float) -> Stream {
        let gain = Weight("\(builder.full(name)).weight", shape: [headWidth], kind: .dense)
        return apply(HeadNorm(gain: gain, heads: width / headWidth, epsilon: epsilon), name: name)
    }

    /// LayerNorm with the gain `name`.weight, and the bias `name`.bias.
    public func layerNorm(_ name: String, epsilon: Float) -> Stream {
        let gain = Weight("\(builder.full(name)).weight", shape: [width], kind: .dense)
        return apply(LayerNorm(gain: gain, epsilon: epsilon), name: name).bias(name)
    }

    /// A convolution of the last `length` rows, each column by itself, with `name`.weight, and the bias `name`.bias.
    public func causalConvolution(_ name: String, length: Int) -> Stream {
        let kernel = Weight("\(builder.full(name)).weight", shape: [width, 1, length], kind: .dense)
        return apply(CausalConvolution(kernel: kernel), name: name).bias(name)
    }

    /// Int8 activations with one scale a row.
    public func quantised(_ name: String) -> Stream { apply(Quantise(), name: name) }

    /// The ternary product with `name`.weight, on quantised activations; `source` names the tensor of a float checkpoint if it is another.
    public func ternaryLinear(_ name: String, to rows: Int, source: String? = nil) -> Stream {
        let matrix = Weight("\(builder.full(name)).weight", shape: [rows, width], kind: .ternary, source: source)
        return apply(TernaryLinear(matrix: matrix), name: name)
    }

    /// The float product with the table `name`.weight, or with another table, such as an embedding's.
    public func linear(_ name: String, to rows: Int, table: String? = nil) -> Stream {
        let matrix = Weight(table ?? "\(builder.full(name)).weight", shape: [rows, width], kind: .table)
        return apply(Linear(matrix: matrix), name: name)
    }

    /// The same with the numbers of `name`.bias added.
    public func bias(_ name: String) -> Stream {
        apply(Bias(Weight("\(builder.full(name)).bias", shape: [width], kind: .dense)), name: "\(name).bias")
    }

    /// Each head of `headWidth` numbers turned by the angles of its token's position.
    public func rope(
        headWidth: Int, base: Double, scaling: RoPE.Scaling = .none, pairs: RoPE.Pairs = .halves, period: Int = 0, name: String
    ) -> Stream {
        let heads = width / max(1, headWidth)
        return apply(RoPE(heads: heads, width: headWidth, base: base, scaling: scaling, pairs: pairs, period: period), name: name)
    }

    /// Attention of these queries to the keys and values of the tokens so far.
    public func attention(
        keys: Stream, values: Stream, heads: Int, keyValueHeads: Int, window: Int = 0, name: String
    ) -> Stream {
        apply(Attention(heads: heads, keyValueHeads: keyValueHeads, width: width / heads, window: window), keys, values, name: name)
    }

    /// `count` numbers of each row, from `start` on.
    public func slice(_ start: Int, _ count: Int) -> Stream { apply(Slice(start: start, count: count)) }

    /// h ← decay·h + self, from h = 0.
    public func recurrence(decay: Stream, name: String) -> Stream { apply(Recurrence(width: width), decay, name: name) }

    public var sigmoid: Stream { apply(Sigmoid()) }
    public var silu: Stream { apply(SiLU()) }
    public var gelu: Stream { apply(GELU()) }
    /// max(self, 0)².
    public var squaredReLU: Stream { apply(SquaredReLU()) }
    /// 1 - self.
    public var complement: Stream { apply(Complement()) }

    public static func + (a: Stream, b: Stream) -> Stream { a.apply(Add(), b) }
    public static func * (a: Stream, b: Stream) -> Stream { a.apply(Multiply(), b) }
}
