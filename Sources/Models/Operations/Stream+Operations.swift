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

    /// Int8 activations with one scale a row.
    public func quantised(_ name: String) -> Stream { apply(Quantise(), name: name) }

    /// The ternary product with `name`.weight, on quantised activations; `source` names the tensor of a float checkpoint if it is another.
    public func ternaryLinear(_ name: String, to rows: Int, source: String? = nil) -> Stream {
        let matrix = Weight("\(builder.full(name)).weight", shape: [rows, width], kind: .ternary, source: source)
        return apply(TernaryLinear(matrix: matrix), name: name)
    }

    /// `count` numbers of each row, from `start` on.
    public func slice(_ start: Int, _ count: Int) -> Stream { apply(Slice(start: start, count: count)) }

    /// h ← decay·h + self, from h = 0.
    public func recurrence(decay: Stream, name: String) -> Stream { apply(Recurrence(width: width), decay, name: name) }

    public var sigmoid: Stream { apply(Sigmoid()) }
    public var silu: Stream { apply(SiLU()) }
    /// 1 - self.
    public var complement: Stream { apply(Complement()) }

    public static func + (a: Stream, b: Stream) -> Stream { a.apply(Add(), b) }
    public static func * (a: Stream, b: Stream) -> Stream { a.apply(Multiply(), b) }
}
