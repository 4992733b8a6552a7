import Basis
import Glibc

/// The local cache in which Hugging Face's tools keep what they have downloaded. Nothing is ever fetched.
public enum HuggingFaceCache {
    public static let prefix = "hf:"

    /// The folder of `hf:owner/name` or `hf:owner/name@revision`.
    public static func folder(_ reference: String) throws -> String {
        let (model, revision) = try parts(reference)
        let folders = hubFolders()
        for hub in folders {
            let repository = "\(hub)/models--" + model.replacing("/", with: "--")
            guard exists(repository) else { continue }
            return try snapshot(of: repository, revision: revision, reference)
        }
        throw Failure("cannot find '\(reference)' in the local cache (looked in \(folders.joined(separator: ", ")))")
    }

    private static func parts(_ reference: String) throws -> (model: String, revision: String) {
        let words = reference.dropFirst(prefix.count).split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let names = words.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        let revision = words.count > 1 ? String(words[1]) : "main"
        guard reference.hasPrefix(prefix), (1...2).contains(names.count), names.allSatisfy(isPlain),
            revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPlain)
        else { throw Failure("'\(reference)' is not of the form hf:owner/name or hf:owner/name@revision") }
        return (names.joined(separator: "/"), revision)
    }

    private static func isPlain(_ name: Substring) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 < 0x7F }
    }

    /// A revision is the name of a ref, which holds a commit, or a commit itself.
    private static func snapshot(of repository: String, revision: String, _ reference: String) throws -> String {
        var commit = revision
        if let text = try? MappedFile.contents("\(repository)/refs/\(revision)", limit: 256) {
            commit = String(String(decoding: text, as: UTF8.self).prefix { !$0.isWhitespace })
        }
        let folder = "\(repository)/snapshots/\(commit)"
        guard isPlain(commit[...]), exists(folder) else {
            throw Failure("cannot find '\(reference)' in the local cache: '\(repository)' has no revision '\(revision)'")
        }
        return folder
    }

    private static func hubFolders() -> [String] {
        if let hub = variable("HF_HUB_CACHE") { return [hub] }
        if let home = variable("HF_HOME") { return ["\(home)/hub"] }
        var folders: [String] = []
        if let cache = variable("XDG_CACHE_HOME") { folders.append("\(cache)/huggingface/hub") }
        if let home = variable("HOME") { folders.append("\(home)/.cache/huggingface/hub") }
        return folders
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
