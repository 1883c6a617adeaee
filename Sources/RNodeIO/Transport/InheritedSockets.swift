/// What a supervisor says of the sockets that it opened for this process: sd_listen_fds(3).
struct InheritedSockets: Equatable {
    /// One of them.
    struct Entry: Equatable {
        let descriptor: Int32
        let name: String
    }

    /// The first descriptor behind those for input, output and errors.
    static let firstDescriptor: Int32 = 3
    /// More than anybody hands over.
    static let countMax = 1_024
    /// What a socket is called that was given no name.
    static let noName = "unknown"

    /// In the order in which they were handed over; none when the environment says nothing, or speaks to another process.
    let entries: [Entry]

    /// Reads the variables `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`; throws for one that is not as it must be.
    init(
        environment: [String: String], processID: Int32, first: Int32 = firstDescriptor
    ) throws(InheritedSocketError) {
        guard let process = environment["LISTEN_PID"], let listed = environment["LISTEN_FDS"]
        else {
            entries = []
            return
        }
        guard let addressee = Self.number(process, in: 1...Int(Int32.max)) else {
            throw .variable("LISTEN_PID", "a process's number")
        }
        // Meant for a parent of this process, which left its environment behind.
        guard addressee == Int(processID) else {
            entries = []
            return
        }
        guard let count = Self.number(listed, in: 1...Self.countMax) else {
            throw .variable("LISTEN_FDS", "a number in 1...\(Self.countMax)")
        }
        let names = try Self.names(environment["LISTEN_FDNAMES"], count)
        entries = names.enumerated().map { place, name in
            Entry(descriptor: first &+ Int32(clamping: place), name: name)
        }
    }

    private static func names(
        _ listed: String?, _ count: Int
    ) throws(InheritedSocketError) -> [String] {
        guard let listed else { return Array(repeating: noName, count: count) }
        let names = listed.split(separator: ":", omittingEmptySubsequences: false)
        guard names.count == count else {
            throw .variable("LISTEN_FDNAMES", "\(count) names with colons between them")
        }
        return names.map { String($0) }
    }

    /// Decimal digits and nothing else.
    private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let value = Int(text),
            range.contains(value)
        else { return nil }
        return value
    }
}

/// Why a process can't listen on the sockets that it inherited: which variable or descriptor is wrong, and how.
public struct InheritedSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// A variable of the environment that does not hold what it must.
    static func variable(_ name: String, _ form: String) -> InheritedSocketError {
        InheritedSocketError(description: "\(name) must be \(form)")
    }

    /// A descriptor that nobody can connect to.
    static func descriptor(
        _ entry: InheritedSockets.Entry, _ problem: String
    ) -> InheritedSocketError {
        InheritedSocketError(
            description: "the inherited descriptor \(entry.descriptor) (\(entry.name)) \(problem)")
    }

    /// A name that no socket has.
    static func name(_ name: String) -> InheritedSocketError {
        InheritedSocketError(description: "no inherited socket is named \(name)")
    }
}
