/// The arguments of a call, evaluated.
struct Given {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    /// The argument at a place or of a name.
    func value(_ index: Int, _ name: String) -> Value? {
        index < positional.count ? positional[index] : named.first { $0.name == name }?.value
    }

    func text(_ index: Int, _ name: String) -> Text? { if case .text(let text)? = value(index, name) { text } else { nil } }
    func integer(_ index: Int, _ name: String) -> Int? { value(index, name)?.integer }
    func isTrue(_ index: Int, _ name: String) -> Bool { value(index, name)?.isTrue ?? false }
}
