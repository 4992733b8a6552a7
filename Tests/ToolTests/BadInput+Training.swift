import Support
import TestFiles

// Runs that cannot begin.
extension BadInput {
    private static func run(
        _ what: String, _ fact: String, model: [String]? = nil, data: @escaping @Sendable (Scratch) throws -> String = { try $0.write("x.txt", text) },
        _ more: String...
    ) -> BadInput {
        BadInput("think-train: \(what)", "think-train", fact) { scratch in
            try (model ?? [Made.tiny.folder]) + ["--data", data(scratch), "-o", scratch.file("out/run"), "--steps", "1", "--context", "16"] + more
        }
    }

    private static func star(_ what: String, _ fact: String, _ data: String, _ method: String = "star") -> BadInput {
        run("star: \(what)", fact, data: { try $0.write("x.jsonl", data) }, "--method", method, "--held-out", "0")
    }

    private static let question = "{\"prompt\": \"1 + 2 =\", \"answer\": \"3\"}\n"
    private static let text = String(repeating: "It was a dark and stormy night. ", count: 40)
    private static let new = ["--new", "matmul-free:layers=1,width=64,vocabulary=512"]

    static let training: [BadInput] = [
        run("no such data", "cannot open '/nowhere/x'", data: { _ in "/nowhere/x" }),
        run("empty data", "is empty", data: { try $0.write("x.txt", "") }),
        run("a folder as data", "is a directory", data: { $0.folder("y") }),
        run("binary data", "this is no text", data: { try $0.write("x.txt", [7, 0, 7]) }),
        run("binary data behind the cut", "byte 300 is 0", data: { try $0.write("x.txt", [UInt8](repeating: 0x61, count: 300) + [0]) }),
        run("too little data", "too few", data: { try $0.write("x.txt", "word") }),
        run("a bad line", "the line at byte 14: has neither", data: { try $0.write("x.jsonl", "{\"text\": \"a\"}\n{\"txt\": 1}\n") }),
        run("a line that is no JSON", "the line at byte 0", data: { try $0.write("x.jsonl", "hello\n") }),
        run("a token outside the vocabulary", "token 70000 is outside", data: { try $0.write("x.jsonl", "{\"tokens\": [1, 70000]}\n") }),
        run("a token below zero", "token -1 is outside", data: { try $0.write("x.jsonl", "{\"tokens\": [1, -1]}\n") }),
        run("tokens that are cut", "x.bin'", data: { try $0.write("x.bin", Array(safetensors(header: "{\"tokens\":{\"dtype\":\"I32\",\"shape\":[9],\"data_offsets\":[0,36]}}"))) }),
        run("tokens that are floats", "no tensor 'tokens' of integers", data: {
            try $0.write("x.bin", safetensors(header: "{\"tokens\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", [0, 0, 0, 0]))
        }),
        run("no such model", "cannot open '/nowhere/x'", model: ["/nowhere/x"]),
        run("no such family", "there is no family 'x' to begin a model of; known: ", model: ["--new", "x"]),
        run("no such option of a family", "no option 'depth'; known: layers", model: ["--new", "matmul-free:depth=2"]),
        run("a width of nothing", "'width'", model: ["--new", "matmul-free:width=0"]),
        run("no such tokenizer", "cannot open '/nowhere/x'", model: new, "--tokenizer", "/nowhere/x"),
        run("no such method", "there is no method 'magic'; known: ", "--method", "magic"),
        run("no such option of a method", "'lm' has no option 'x'", "--method", "lm:x=1"),
        run("star: text for questions", "holds no JSON lines", "--method", "star"),
        star("documents for questions", "the line at byte 0: unknown member 'text'", "{\"text\": \"a\"}\n"),
        star("a question without an answer", "the line at byte 37: the line has no 'prompt' or no 'answer'", question + "{\"prompt\": \"a\"}\n"),
        star("an empty hint", "'hint' is empty", "{\"prompt\": [3], \"answer\": [4], \"hint\": []}\n"),
        star("no right answer", "none of 1 questions was answered rightly in round 1: there is nothing to learn", question),
        star("nothing but empty lines", "no question to learn from", "\n \n"),
        star("a marker outside the vocabulary", "the model has no token for '#70000'", question, "star:marker=#70000"),
        star("no marker", "the model has no token for ''", question, "star:marker="),
        star("no such stop", "the model has no token for '#70000'", question, "star:stop=#70000"),
        star("no round", "'star' takes an integer of 1 to 1000 as 'rounds', not '0'", question, "star:rounds=0"),
        BadInput("think-train: a model of trits", "think-train", "expected floats") {
            [try Made.tiny.raw, "--data", try $0.write("x.txt", text), "-o", $0.file("out/run"), "--context", "16"]
        },
        BadInput("think-train: into no folder", "think-train", "cannot create '") {
            [try Made.tiny.folder, "--data", try $0.write("x.txt", text), "-o", $0.file("none/run")]
        },
        BadInput("think-train: onto a file", "think-train", "") {
            [try Made.tiny.folder, "--data", try $0.write("x.txt", text), "-o", try $0.write("y", "y")]
        },
        BadInput("think-train: among other files", "think-train", "holds no run, and is not empty") {
            [try Made.tiny.folder, "--data", try $0.write("x.txt", text), "-o", $0.path, "--steps", "1", "--context", "16"]
        },
        BadInput("think-train: going on among other files", "think-train", "holds no run, and is not empty") {
            ["--resume", "--data", try $0.write("x.txt", text), "-o", $0.path] + new
        },
        run("more weights than memory", "GB of memory", model: ["--new", "matmul-free:layers=1024,width=65536,vocabulary=512"]),
        run("a pass without end", "are too much for a pass", model: new, "--batch", "1073741824"),
        run("a window beyond the model", "than the 16 that the model was made for",
            model: ["--new", "llama:layers=1,width=64,positions=16,vocabulary=512"], "--context", "17"),
        BadInput("think-train: nothing to go on with", "think-train", "no checkpoint yet") { ["--resume", "-o", $0.file("out/run")] },
    ]
}
