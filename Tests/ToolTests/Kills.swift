import Support
import TestFiles
import Testing

/// Runs think-train into a folder and kills it, again and again, always somewhere else, and later and later so that it gets on in the end;
/// then lets it end. Returns how often it was killed.
func killAgainAndAgain(_ options: [String], into folder: String) throws -> Int {
    var kills = 0
    for round in 0..<80 {
        let delay = Double(5 + 17 * round % 40 + 2 * round) / 1000
        let line = "think-train \(options.joined(separator: " ")) -o '\(folder)' --resume & p=$!; sleep \(delay); kill -9 $p; wait $p"
        if try shell(line).status == 0 { break }
        kills += 1
    }
    expectDone(try run("think-train", options + ["-o", folder, "--resume"]))
    return kills
}
