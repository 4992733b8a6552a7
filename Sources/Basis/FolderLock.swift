import Glibc

/// Held while somebody is at work in a folder; given back when it goes, or its process.
public final class FolderLock: Sendable {
    /// The file that is held. Whoever is done for good may remove it.
    public let file: String
    private let descriptor: Descriptor

    public init(_ folder: String) throws {
        file = "\(folder)/.lock"
        let number = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw Failure.system("create", file, errno) }
        descriptor = Descriptor(number, name: file, owned: true)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else { throw Failure("another run is at work in '\(folder)'") }
    }
}
