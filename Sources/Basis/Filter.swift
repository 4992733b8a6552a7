import Glibc

/// A program that reads its standard input and writes its standard output, run to its end: nothing that it does, or leaves undone, stops
/// its caller for longer than a time limit, and it is gone afterwards.
public struct Filter {
    private let path: String
    private let arguments: [String]
    private let seconds: Int
    /// What it is called in errors.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// It has `seconds` from its start to its end.
    public init(_ path: String, _ arguments: [String] = [], seconds: Int) {
        (self.path, self.arguments, self.seconds) = (path, arguments, seconds)
    }

    /// Writes the pieces of `input` to it and gives what it prints, at most `limit` bytes. It need not read all of its input. Fails with
    /// one line if it cannot be started, prints more, ends with another status than 0, by a signal or not in time; of what it writes to
    /// standard error the last line goes into that.
    public func output(of input: [UnsafeRawBufferPointer], limit: Int) throws -> [UInt8] {
        let child = try Child(path, arguments)
        // Whatever happens in between, it is ended and waited for.
        defer { child.end() }
        var exchange = Exchange(child, input, limit: limit, deadline: Exchange.now + seconds * 1000)
        guard exchange.run() else { throw Failure("plugin '\(name)' gave no answer within \(seconds) seconds") }
        guard !exchange.hasTooMuch else { throw Failure("plugin '\(name)' printed more than \(limit) bytes") }
        try check(child.status ?? 0, told: exchange.lastLine)
        return exchange.output
    }

    private func check(_ status: Int32, told line: String) throws {
        guard status != 0 else { return }
        let signal = status & 0x7F, told = line.isEmpty ? "" : ": \(line)"
        let end = signal == 0 ? "failed with status \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
        throw Failure("plugin '\(name)' " + end + told)
    }
}

/// A started program with pipes to its standard streams.
private final class Child {
    /// Nil once it has been closed: it has all, or wants no more.
    var input: Descriptor?
    let output, errors: Descriptor
    private let number: pid_t
    /// How it ended, as waitpid says it; nil while nobody has looked.
    private(set) var status: Int32?

    init(_ path: String, _ arguments: [String]) throws {
        let (toChild, fromChild, fromErrors) = (try Pipe(path), try Pipe(path), try Pipe(path))
        number = try Child.start(path, arguments, [toChild.reading, fromChild.writing, fromErrors.writing])
        (input, output, errors) = (toChild.writing, fromChild.reading, fromErrors.reading)
        for descriptor in [toChild.writing, output, errors] { _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK) }
    }

    /// The child has signals as a shell would leave them, and no descriptors but the three.
    private static func start(_ path: String, _ arguments: [String], _ streams: [Descriptor]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, stream) in streams.enumerated() { posix_spawn_file_actions_adddup2(&actions, stream.number, Int32(number)) }
        var none = sigset_t(), standard = sigset_t()
        sigemptyset(&none)
        sigemptyset(&standard)
        sigaddset(&standard, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &standard)
        // A group of its own, so that what it has started ends with it.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var number: pid_t = 0
        let code = posix_spawn(&number, path, &actions, &attributes, words, environ)
        guard code == 0 else { throw Failure("cannot run plugin '\(path)': \(systemReason(code))") }
        return number
    }

    var hasEnded: Bool {
        if status != nil { return true }
        var found: Int32 = 0
        guard waitpid(number, &found, WNOHANG) == number else { return false }
        status = found
        return true
    }

    func end() {
        guard !hasEnded else { return }
        kill(-number, SIGKILL)
        var found: Int32 = 0
        while waitpid(number, &found, 0) < 0, errno == EINTR {}
        status = found
    }
}

private struct Pipe {
    let reading, writing: Descriptor

    init(_ name: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure.system("run", name, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (Descriptor(ends[0], name: name, owned: true), Descriptor(ends[1], name: name, owned: true))
    }
}

/// Feeds a program and listens to it at once, so that neither waits for the other.
private struct Exchange {
    private let child: Child
    private var pieces: ArraySlice<UnsafeRawBufferPointer>
    private let limit: Int
    private let deadline: Int
    private(set) var output: [UInt8] = []
    private var errors: [UInt8] = []
    private var isOpen = (output: true, errors: true)

    init(_ child: Child, _ input: [UnsafeRawBufferPointer], limit: Int, deadline: Int) {
        (self.child, pieces, self.limit, self.deadline) = (child, input.filter { !$0.isEmpty }[...], limit, deadline)
    }

    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    var hasTooMuch: Bool { output.count > limit }

    /// What it said last on standard error.
    var lastLine: String {
        let lines = errors.split(whereSeparator: { $0 == 10 || $0 == 13 })
        return lines.last.map { String(decoding: $0.prefix(300), as: UTF8.self) } ?? ""
    }

    /// Until it has ended or prints too much; false if the deadline comes first. Somebody else may hold its output open: that it is gone
    /// and nothing is left to read is the end.
    mutating func run() -> Bool {
        while !hasTooMuch {
            let left = deadline - Exchange.now, isGone = child.hasEnded
            guard left > 0 || isGone else { return false }
            let isReady = poll(waiting: isGone ? 0 : isOpen.output || isOpen.errors ? min(left, 50) : 1)
            if isGone, !isReady { return true }
            if !isOpen.output { child.input = nil }
        }
        return true
    }

    /// Waits for at most so many milliseconds, and moves what can be moved; false if nothing could be read.
    private mutating func poll(waiting: Int) -> Bool {
        var places = [
            pollfd(fd: isOpen.output ? child.output.number : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isOpen.errors ? child.errors.number : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: child.input?.number ?? -1, events: Int16(POLLOUT), revents: 0),
        ]
        guard Glibc.poll(&places, UInt(places.count), Int32(waiting)) > 0 else { return false }
        if places[0].revents != 0 { isOpen.output = take(child.output, &output) }
        if places[1].revents != 0 {
            isOpen.errors = take(child.errors, &errors)
            if errors.count > 1 << 16 { errors.removeFirst(errors.count - 1 << 12) }
        }
        if places[2].revents != 0 { give() }
        return places[0].revents != 0 || places[1].revents != 0
    }

    /// Reads what is there; false at the end.
    private func take(_ descriptor: Descriptor, _ bytes: inout [UInt8]) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { block in
            let count = read(descriptor.number, block.baseAddress, block.count)
            guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
            bytes += UnsafeRawBufferPointer(rebasing: block[..<count])
            return true
        }
    }

    private mutating func give() {
        guard let input = child.input, let piece = pieces.first else { return child.input = nil }
        let count = quietly { write(input.number, piece.baseAddress, piece.count) }
        if count == piece.count {
            pieces.removeFirst()
            if pieces.isEmpty { child.input = nil }
        } else if count >= 0 {
            pieces[pieces.startIndex] = UnsafeRawBufferPointer(rebasing: piece[count...])
        } else if errno != EAGAIN, errno != EINTR {
            // It reads no further; whether that is right shows in what it prints.
            child.input = nil
        }
    }

    /// Without SIGPIPE, which would end this program instead of telling it that the other one reads no more.
    private func quietly(_ body: () -> Int) -> Int {
        var pipe = sigset_t(), before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let result = body(), code = errno
        var none = timespec()
        if result < 0, code == EPIPE { while sigtimedwait(&pipe, nil, &none) < 0, errno == EINTR {} }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        errno = code
        return result
    }
}
