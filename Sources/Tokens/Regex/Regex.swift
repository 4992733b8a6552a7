import Basis

/// A regular expression, ready to be searched for: instructions of a machine that tries one way after the other.
///
/// It finds what a backtracking engine finds, the first way of the leftmost place, but in time linear in the text: there are no back
/// references, nothing looks further than one character, and nothing that may be empty is repeated, so whether an instruction leads
/// to a match from some place does not depend on how it was come to, and `RegexMatcher` need not try it twice.
package struct Regex: Sendable {
    enum Instruction: Sendable {
        /// Goes on behind a character of the set.
        case set(Int)
        /// Goes on here; if that leads to nothing, there. The last number counts choices.
        case choice(Int, or: Int, number: Int)
        case jump(Int)
        case assertion(RegexAssertion)
        /// Takes as many characters of the set as it can, and does not give them back.
        case run(Int, atLeast: Int, atMost: Int)
        case match
    }

    package let pattern: String
    private(set) var program: [Instruction] = []
    private(set) var sets: [RegexSet] = []
    private(set) var choices = 0
    /// Whether a match may begin with each byte; all may where one may be empty.
    private(set) var begins = [Bool](repeating: true, count: 256)

    /// Whether it may match nothing.
    let isNullable: Bool

    private static let longestProgram = 1 << 12, mostChoices = 256

    /// Throws a `Failure` that names what is not supported.
    package init(_ pattern: String) throws {
        self.pattern = pattern
        let node = try RegexParser.parse(pattern)
        isNullable = node.isNullable
        try add(node)
        program.append(.match)
        guard !isNullable else { return }
        let first = Regex.first(node).map { $0.sealed() }
        begins = (UInt8.min...UInt8.max).map { byte in
            first.contains { byte < 0x80 ? $0.holdsASCII(byte) : $0.reachesBeyondASCII }
        }
    }

    /// What a match that is not empty may begin with.
    private static func first(_ node: RegexNode) -> [RegexSet] {
        switch node {
        case .set(let set): return [set]
        case .assertion: return []
        case .alternatives(let nodes): return nodes.flatMap(first)
        case .repeated(let node, _, _, _): return first(node)
        case .sequence(let nodes):
            let nullable = nodes.prefix(while: \.isNullable)
            return nullable.flatMap(first) + (nullable.count < nodes.count ? first(nodes[nullable.count]) : [])
        }
    }
}

// Compiling.
extension Regex {
    private mutating func add(_ node: RegexNode) throws {
        guard program.count < Regex.longestProgram, choices <= Regex.mostChoices else {
            throw Failure("the regular expression '\(pattern.prefix(80))' is too long")
        }
        switch node {
        case .set(let set): program.append(.set(number(of: set)))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .assertion(let assertion): program.append(.assertion(assertion))
        case .alternatives(let nodes): try addAlternatives(nodes)
        case .repeated(let node, let count, let isLazy, let isPossessive):
            if isPossessive, let set = node.oneCharacter {
                return program.append(.run(number(of: set), atLeast: count.lowerBound, atMost: count.upperBound))
            }
            try addRepeated(node, count, isLazy)
        }
    }

    private mutating func number(of set: RegexSet) -> Int {
        sets.append(set.sealed())
        return sets.count - 1
    }

    private mutating func addChoice() -> Int {
        program.append(.match)
        choices += 1
        return program.count - 1
    }

    private mutating func setChoice(_ at: Int, _ number: Int, first: Int, second: Int) {
        program[at] = .choice(first, or: second, number: number)
    }

    private mutating func addAlternatives(_ nodes: [RegexNode]) throws {
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try add(node)
                break
            }
            let number = choices, choice = addChoice()
            try add(node)
            jumps.append(program.count)
            program.append(.match)
            setChoice(choice, number, first: choice + 1, second: program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func addRepeated(_ node: RegexNode, _ count: ClosedRange<Int>, _ isLazy: Bool) throws {
        for _ in 0..<count.lowerBound { try add(node) }
        func set(_ choice: Int, _ number: Int, end: Int) {
            setChoice(choice, number, first: isLazy ? end : choice + 1, second: isLazy ? choice + 1 : end)
        }
        if count.upperBound == Int.max {
            let number = choices, choice = addChoice()
            try add(node)
            program.append(.jump(choice))
            return set(choice, number, end: program.count)
        }
        var open: [(choice: Int, number: Int)] = []
        for _ in count.lowerBound..<count.upperBound {
            let number = choices
            open.append((addChoice(), number))
            try add(node)
        }
        for (choice, number) in open { set(choice, number, end: program.count) }
    }
}
