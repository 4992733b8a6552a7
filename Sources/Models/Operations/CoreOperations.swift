/// Every operation of the core, for reading graphs and for the laws. `Catalog` adds those of the plugins.
public let coreOperations: [any Operation.Type] = [
    Embedding.self, RMSNorm.self, Quantise.self, TernaryLinear.self, NormQuantise.self, Sigmoid.self, SiLU.self, SiLUProduct.self,
    Complement.self, Add.self, Multiply.self, Slice.self, Recurrence.self, SquaredReLU.self,
    SquaredReLUProduct.self, ReLU.self, RoPE.self, Attention.self, Linear.self, Bias.self, HeadNorm.self, LayerNorm.self, GELU.self,
    CausalConvolution.self,
]
