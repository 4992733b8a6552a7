import Basis
import Learning
import Tokens

/// The questions of a run as its folder keeps them: those to learn from and those held out, a line each, as the data had them.
struct QuestionFiles {
    let training: [Question]
    let heldOut: [Question]

    private static let names = ["questions.jsonl", "held-out.jsonl"]

    /// Writes the questions of the data, each of which is looked at; returns the files' digests.
    static func write(_ corpora: [Corpus], of subject: Subject, to folder: RunFolder) throws -> JSON {
        let files = try zip(names, Corpus.Part.allCases).map { name, part in
            var bytes: [UInt8] = []
            for corpus in corpora {
                try corpus.eachLine(part) { line in
                    _ = try Question(json: line, subject.tokenizer, vocabulary: subject.graph.outputWidth)
                    bytes += Array(line) + [0x0A]
                }
            }
            return SmallFile(name: name, bytes: bytes)
        }
        guard !files[0].bytes.isEmpty else { throw Failure("the data has no question to learn from") }
        try folder.write(files)
        return .array(try files.map { .string(try SHA256.digest(of: $0.bytes).hex) })
    }

    /// Reads them again; they have to be what the run began with.
    init(_ folder: RunFolder, of subject: Subject, digests: JSON?) throws {
        let parts = try Self.names.enumerated().map { index, name in
            let path = "\(folder.path)/\(name)", bytes = try MappedFile.contents(path)
            guard try .string(SHA256.digest(of: bytes).hex) == digests?.arrayValue?.dropFirst(index).first else {
                throw Failure("'\(path)' is not what the run began with")
            }
            return try bytes.isEmpty ? [] : Question.read(path, subject.tokenizer, vocabulary: subject.graph.outputWidth)
        }
        (training, heldOut) = (parts[0], parts[1])
    }
}
