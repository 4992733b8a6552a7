// unstated-hops world SEED SYMBOLS FOLDER: writes what to learn from and what to ask into FOLDER.
// unstated-hops tokens SYMBOLS: prints the numbers of the tokens that options name.
// unstated-hops shuffle SEED SYMBOLS < ANSWERS: the questions once more, each with what was thought of another.
// unstated-hops table SYMBOLS FOLDER SEED,.. ARM...: a table of FOLDER/SEED/ARM.answers, as Markdown.
// unstated-hops curve FOLDER SEED,..: right answers by tokens of thought, of FOLDER/SEED/quality.json, for a plot.
// unstated-hops losses < SCORES: the mean loss of answers and of all other tokens, from infer --score.
import Basis
import Glibc
import Measuring
import Tensors

func write(_ lines: [String], to path: String) throws {
    let sink = try Output.open(path)
    for line in lines { try sink.write(line) }
    try sink.close()
}

func lines(_ bytes: [UInt8]) throws -> [JSON] { try bytes.split(separator: 0x0A).map { try JSON(parsing: Array($0)) } }

func standardInput() throws -> [JSON] { try lines(DescriptorReader(Descriptor(0, name: "standard input")).readAll(limit: 1 << 28)) }

func makeWorld(_ world: World, seed: UInt64, folder: String) throws {
    var random = Random(seed: seed &+ 1)
    try write(world.firstCorpus(tokens: 6000 * world.symbols, &random), to: "\(folder)/phase1.jsonl")
    try write(world.secondCorpus(count: 60 * world.symbols, &random), to: "\(folder)/phase2.jsonl")
    try write(world.starQuestions, to: "\(folder)/star.jsonl")
    try write(world.benchQuestions, to: "\(folder)/questions.jsonl")
    try write(world.heldOutTexts, to: "\(folder)/texts.jsonl")
    try write(world.requests { _ in ([], 1, nil) }, to: "\(folder)/plain.requests")
    try write(world.requests { ([], 1, world.thought(of: $0)) }, to: "\(folder)/oracle.requests")
    try write(world.requests { ([world.aside] + world.thought(of: $0) + [world.answer], 1, nil) }, to: "\(folder)/told.requests")
    try write(world.requests { _ in ([world.aside], World.thought + 3, nil) }, to: "\(folder)/aloud.requests")
}

/// Every answer's question with the thought of another, each thought once.
func shuffled(_ answers: [JSON], _ world: World, seed: UInt64) throws -> [String] {
    var random = Random(seed: seed)
    let order = answers.indices.shuffled(using: &random)
    // The next in a random order is never the same.
    var thoughts = [[Int]](repeating: [], count: answers.count)
    for (place, index) in order.enumerated() {
        let other = answers[order[(place + 1) % order.count]]
        guard let thought = other["thoughts"]?.arrayValue?.first?.arrayValue else { throw Failure("an answer shows no thought") }
        thoughts[index] = thought.compactMap(\.intValue)
    }
    var index = -1
    return world.requests { _ in
        index += 1
        return ([], 1, thoughts[index])
    }
}

func table(_ symbols: Int, _ folder: String, _ seeds: String, _ arms: [String]) throws -> Table {
    let seeds = try numbers(seeds)
    return Table(arms: arms, try seeds.map { seed in
        let world = World(symbols: symbols, seed: seed)
        var scores: [String: Scores] = [:]
        for arm in arms {
            let path = "\(folder)/\(seed)/\(arm).answers"
            guard access(path, R_OK) == 0 else { continue }
            scores[arm] = try naming(path) { try Scores(lines(MappedFile.contents(path)), world) }
        }
        return scores
    })
}

/// What gnuplot draws: tokens of thought, the mean over the worlds in percent, and where its interval begins and ends.
func curve(_ folder: String, _ seeds: String) throws -> String {
    var shares: [Int: [Double]] = [:]
    for seed in try numbers(seeds) {
        let report = try JSON(parsing: MappedFile.contents("\(folder)/\(seed)/quality.json"))
        for result in report["questions"]?["results"]?.arrayValue ?? [] where result["kind"] == "held-out" {
            guard let length = result["think"]?.intValue, let share = result["accuracy"]?.doubleValue else { continue }
            shares[length, default: []].append(100 * share)
        }
    }
    return shares.sorted { $0.key < $1.key }.map { length, shares in
        let mean = Estimate(mean: shares), interval = mean.interval ?? mean.value...mean.value
        return "\(length)\t\(mean.value)\t\(max(0, interval.lowerBound))\t\(min(100, interval.upperBound))\n"
    }.joined()
}

/// Nats of a text's answer, its fourth token, and of all others.
func losses(_ scores: [JSON]) -> JSON {
    let logs = scores.map { $0["logprobs"]?.arrayValue?.compactMap(\.doubleValue) ?? [] }.filter { $0.count > 3 }
    let answers = logs.map { -$0[2] }, others = logs.flatMap { $0.enumerated().filter { $0.offset != 2 }.map { -$0.element } }
    func mean(_ values: [Double]) -> JSON { .number(values.reduce(0, +) / Double(max(1, values.count))) }
    return ["answers": mean(answers), "other tokens": mean(others)]
}

func number<Number: FixedWidthInteger>(_ word: String) throws -> Number {
    guard let number = Number(word) else { throw Failure("'\(word)' is no number") }
    return number
}

func numbers(_ words: String) throws -> [UInt64] { try words.split(separator: ",").map { try number(String($0)) } }

func symbols(_ word: String) throws -> Int {
    let symbols: Int = try number(word)
    guard (8...65536).contains(symbols) else { throw Failure("SYMBOLS is a number of 8 to 65536") }
    return symbols
}

do {
    let words = Array(CommandLine.arguments.dropFirst())
    switch (words.first, words.count) {
    case ("world", 4): try makeWorld(World(symbols: symbols(words[2]), seed: number(words[1])), seed: number(words[1]), folder: words[3])
    case ("tokens", 2):
        let world = World(symbols: try symbols(words[1]), seed: 0)
        print(world.vocabulary, world.aside, world.answer, world.pause, world.end, World.thought)
    case ("shuffle", 3):
        let world = World(symbols: try symbols(words[2]), seed: try number(words[1]))
        for line in try shuffled(standardInput(), world, seed: number(words[1])) { print(line, terminator: "") }
    case ("table", 5...):
        print(try table(symbols(words[1]), words[2], words[3], Array(words[4...])).text(full: "full"), terminator: "")
    case ("curve", 3): print(try curve(words[1], words[2]), terminator: "")
    case ("losses", 1): print(losses(try standardInput()).compact)
    default: throw Failure("usage: unstated-hops world|tokens|shuffle|table|curve|losses ..")
    }
} catch {
    var line = "unstated-hops: \(error)\n"
    _ = line.withUTF8 { Glibc.write(2, $0.baseAddress, $0.count) }
    exit(2)
}
