// unstated-hops world SEED SYMBOLS FOLDER: writes phase1.jsonl and phase2.jsonl to learn from, and questions.jsonl to ask infer.
// unstated-hops tokens SYMBOLS: prints the number of tokens, then those of aside, answer and working.
// unstated-hops score SYMBOLS < ANSWERS: the share of right answers of each kind, as JSON, from what infer --json made of the questions.
import Basis
import Glibc
import Tensors

func line(_ tokens: [Int], _ more: JSONObject = [:]) -> String {
    var object = more
    object["tokens"] = .array(tokens.map { .integer($0) })
    return JSON.object(object).compact + "\n"
}

func write(_ lines: [String], to path: String) throws {
    let sink = try Output.open(path)
    for line in lines { try sink.write(line) }
    try sink.close()
}

/// Texts of the first corpus: a tenth bare, four tenths with an aside that works the question out, half with one that rambles.
func firstCorpus(_ world: World, tokens: Int, _ random: inout Random) -> [String] {
    var lines: [String] = [], count = 0
    while count < tokens {
        let question = world.first[Int(random.next() % UInt64(world.first.count))], kind = random.next() % 10
        let other = world.first[Int(random.next() % UInt64(world.first.count))]
        let text = kind < 1 ? world.bare(question) : world.told(question, working: kind < 5 ? nil : other)
        lines.append(line(text))
        count += text.count
    }
    return lines
}

func questions(_ world: World) -> [String] {
    let kinds = [("first", world.first.suffix(200)), ("second", world.second.prefix(200)), ("held-out", world.heldOut.prefix(300))]
    return kinds.flatMap { kind, questions in
        questions.map { question in
            let id: JSON = .array([.string(kind), .integer(question.hops), .integer(world.answer(to: question))])
            return line(world.prompt(question), ["id": id, "max_tokens": 1, "temperature": 0])
        }
    }
}

func makeWorld(seed: UInt64, symbols: Int, folder: String) throws {
    let world = World(symbols: symbols, seed: seed)
    var random = Random(seed: seed &+ 1)
    try write(firstCorpus(world, tokens: 6000 * symbols, &random), to: "\(folder)/phase1.jsonl")
    let bare = (0..<60 * symbols).map { _ in line(world.bare(world.second[Int(random.next() % UInt64(world.second.count))])) }
    try write(bare, to: "\(folder)/phase2.jsonl")
    try write(questions(world), to: "\(folder)/questions.jsonl")
}

func score(_ world: World) throws {
    var right: [String: (right: Int, all: Int)] = [:], order: [String] = []
    var working = 0, thoughts = 0
    let text = try DescriptorReader(Descriptor(0, name: "standard input")).readAll(limit: 1 << 28)
    for bytes in text.split(separator: 0x0A) {
        let answer = try JSON(parsing: Array(bytes)), id = answer["id"]?.arrayValue ?? []
        guard id.count == 3, let kind = id[0].stringValue, let hops = id[1].intValue else { throw Failure("an answer has no id") }
        let isRight = answer["tokens"]?.arrayValue?.first == id[2]
        for key in [kind, "\(kind), \(hops) hops"] {
            if right[key] == nil { order.append(key) }
            right[key, default: (0, 0)].right += isRight ? 1 : 0
            right[key, default: (0, 0)].all += 1
        }
        guard let thought = answer["thoughts"]?.arrayValue?.first?.arrayValue else { continue }
        thoughts += 1
        if thought.first == .integer(world.works) { working += 1 }
    }
    var report: JSONObject = [:]
    for key in order { if let share = right[key] { report[key] = .number(Double(share.right) / Double(share.all)) } }
    if thoughts > 0 { report["thoughts that work"] = .number(Double(working) / Double(thoughts)) }
    print(JSON.object(report).compact)
}

do {
    let words = Array(CommandLine.arguments.dropFirst())
    switch (words.first, words.count) {
    case ("world", 4):
        guard let seed = UInt64(words[1]), let symbols = Int(words[2]), symbols >= 8 else { throw Failure("SEED and SYMBOLS are numbers") }
        try makeWorld(seed: seed, symbols: symbols, folder: words[3])
    case ("tokens", 2), ("score", 2):
        guard let symbols = Int(words[1]), symbols >= 8 else { throw Failure("SYMBOLS is a number of 8 or more") }
        let world = World(symbols: symbols, seed: 0)
        if words[0] == "score" { try score(world) } else { print(world.vocabulary, world.aside, world.answer, World.thought) }
    default: throw Failure("usage: unstated-hops world SEED SYMBOLS FOLDER | tokens SYMBOLS | score SYMBOLS")
    }
} catch {
    var line = "unstated-hops: \(error)\n"
    _ = line.withUTF8 { Glibc.write(2, $0.baseAddress, $0.count) }
    exit(2)
}
