import Support
import TestFiles

// Questions and data that cannot be measured.
extension BadInput {
    private static func quality(
        _ what: String, _ fact: String, _ name: String, _ content: String, _ more: String...
    ) -> BadInput {
        BadInput("bench quality: \(what)", "bench", fact) { scratch in
            let option = name.hasPrefix("q") ? "--questions" : "--data"
            return ["quality", try Made.tiny.raw, option, try scratch.write(name, content)] + more
        }
    }

    private static let question = "{\"prompt\": [1, 2], \"answer\": [3]}\n"

    static let quality: [BadInput] = [
        quality("empty data", "is empty", "x.txt", ""),
        quality("binary data", "this is no text", "x.txt", "a\0b"),
        quality("nothing to predict", "no token to predict", "x.jsonl", "{\"tokens\": []}\n"),
        quality("nothing held out", "no token to predict", "x.jsonl", "{\"tokens\": [1, 2]}\n", "--held-out", "0.001"),
        quality("a bad line", "the line at byte 0: has neither", "x.jsonl", "{\"txt\": \"a\"}\n"),
        quality("a token outside the vocabulary", "token 70000 is outside", "x.jsonl", "{\"tokens\": [1, 70000]}\n"),
        quality("no question", "has no question", "q", "\n"),
        quality("an empty file of questions", "has no question", "q", ""),
        quality("a question without an answer", "line 2: the line has no 'prompt' or no 'answer'", "q", question + "{\"prompt\": [1]}\n"),
        quality("an empty answer", "line 1: 'prompt' or 'answer' is empty", "q", "{\"prompt\": [1], \"answer\": []}\n"),
        quality("an unknown member", "line 2: unknown member 'reply'", "q", question + "{\"prompt\": [1], \"answer\": [1], \"reply\": 1}\n"),
        quality("a question that is no JSON", "line 1: ", "q", "hello\n"),
        quality("an answer outside the vocabulary", "which is no token", "q", "{\"prompt\": [1], \"answer\": [70000]}\n"),
        quality("a model that cannot think", "the model was not taught to think", "q", question, "--think", "0,2"),
        quality("a picture of no known kind", "neither .png nor .svg", "q", question, "--plot", "x.pdf"),
        quality("answers into no folder", "cannot create '/nowhere/x'", "q", question, "--answers", "/nowhere/x"),
        quality("answers onto a full disk", "cannot write to '/dev/full'", "q", question, "--answers", "/dev/full"),
        quality("too little for a window", "has 3 tokens, too few for a window of 16", "x.jsonl", "{\"tokens\": [1, 2, 3]}\n",
            "--windowing", "llama.cpp", "--context", "16"),
        quality("no such reference", "cannot open '/nowhere/x'", "q", question, "--reference", "/nowhere/x"),
        BadInput("bench quality: a reference with other tokens", "bench", "makes other tokens of the data") { scratch in
            let data = try scratch.write("x.txt", "Good night, good night!\n")
            return ["quality", try Made.tiny.raw, "--data", data, "--reference", try Made.shakespeare.raw]
        },
        BadInput("bench quality: no such data", "bench", "cannot open '/nowhere/x'") { _ in
            ["quality", try Made.tiny.raw, "--data", "/nowhere/x"]
        },
        BadInput("bench quality: no such questions", "bench", "cannot open '/nowhere/x'") { _ in
            ["quality", try Made.tiny.raw, "--questions", "/nowhere/x"]
        },
        BadInput("bench quality: no such model", "bench", "cannot open '/nowhere/x'") {
            ["quality", "/nowhere/x", "--questions", try $0.write("q", question)]
        },
        BadInput("bench quality: a folder for answers", "bench", "is a directory") {
            ["quality", try Made.tiny.raw, "--questions", try $0.write("q", question), "--answers", $0.file("out")]
        },
        BadInput("bench: records of two kinds", "bench", "line 2: is no record of bench quality") {
            ["plot", try $0.write("x", "{\"record\":\"quality\",\"model\":\"x\",\"questions\":{\"results\":[{\"think\":0,\"accuracy\":1}]}}\n{\"record\":\"machine\"}\n")]
        },
    ]
}
