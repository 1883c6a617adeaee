import Glibc
import Testing

@testable import RNodeIO

@Suite("Sockets that were opened for this process")
struct InheritedSocketTests {
    private static let process = "\(getpid())"

    private static func environment(
        count: String = "1", names: String? = nil, process: String = process
    ) -> [String: String] {
        var environment = ["LISTEN_PID": process, "LISTEN_FDS": count]
        environment["LISTEN_FDNAMES"] = names
        return environment
    }

    // MARK: - What the environment says

    private static func read(_ environment: [String: String]) throws -> [String] {
        try InheritedSockets(environment: environment, processID: 77).entries
            .map { "\($0.descriptor) \($0.name)" }
    }

    @Test("They count from 3 on, and have the names that they were given")
    func entries() throws {
        let two = ["LISTEN_PID": "77", "LISTEN_FDS": "2"]
        #expect(try Self.read(two) == ["3 unknown", "4 unknown"])
        for (names, expected) in [
            ("http:admin", ["3 http", "4 admin"]), (":", ["3 ", "4 "]), ("a:a", ["3 a", "4 a"]),
        ] {
            let named = two.merging(["LISTEN_FDNAMES": names]) { $1 }
            #expect(try Self.read(named) == expected)
        }
        let most = ["LISTEN_PID": "77", "LISTEN_FDS": "1024"]
        #expect(try Self.read(most).last == "1026 unknown")
        #expect(try Self.read(["LISTEN_PID": "077", "LISTEN_FDS": "01"]) == ["3 unknown"])
    }

    @Test(
        "Where nothing is said, or another process is spoken to, there are none",
        arguments: [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "77"], ["LISTEN_FDNAMES": "a"],
            ["LISTEN_PID": "78", "LISTEN_FDS": "1"],
            ["LISTEN_PID": "1", "LISTEN_FDS": "x", "LISTEN_FDNAMES": "a:b"],
        ])
    func none(environment: [String: String]) throws {
        #expect(try Self.read(environment) == [])
        #expect(try SocketListener.inherited(by: environment).isEmpty)
        #expect(try SocketListener.inherited(by: environment, named: "a").isEmpty)
    }

    private static let noNumbers = [
        "", " ", "0", "-1", "+1", "1 ", " 1", "0x1", "1.0", "1e0", "one", "1:2", "\u{661}",
        "99999999999999999999",
    ]

    @Test("A process's number or a count of another form is an error", arguments: noNumbers)
    func malformed(text: String) {
        expect("LISTEN_PID must be a process's number", ["LISTEN_PID": text, "LISTEN_FDS": "1"])
        expect(
            "LISTEN_FDS must be a number in 1...1024", ["LISTEN_PID": "77", "LISTEN_FDS": text])
    }

    @Test("Too many sockets, too large a process's number and names of another count are errors")
    func outOfRange() {
        expect(
            "LISTEN_PID must be a process's number",
            ["LISTEN_PID": "2147483648", "LISTEN_FDS": "1"])
        expect(
            "LISTEN_FDS must be a number in 1...1024", ["LISTEN_PID": "77", "LISTEN_FDS": "1025"])
        for names in ["", "a", "a:b:c", "a:b:"] {
            expect(
                "LISTEN_FDNAMES must be 2 names with colons between them",
                ["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": names])
        }
    }

    private func expect(
        _ description: String, _ environment: [String: String],
        _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: InheritedSocketError.self, sourceLocation: location) {
            try Self.read(environment)
        }
        #expect(error?.description == description, sourceLocation: location)
    }

    // MARK: - Real descriptors

    /// Listens on the descriptors from `first` on.
    private static func inherit(
        _ first: Int32, count: Int = 1, names: String? = nil, named name: String? = nil
    ) throws(InheritedSocketError) -> [SocketListener] {
        try SocketListener.inherited(
            by: environment(count: "\(count)", names: names), named: name, from: first)
    }

    @Test("A TCP socket is listened on as one of our own, and is closed by exec")
    func tcp() throws {
        // A parent's: blocking, and left open by exec.
        let parent = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try SystemCalls.bind(parent, to: SystemCalls.resolve(Sockets.loopback))
        try SystemCalls.listen(parent, backlog: 8)
        let listener = try #require(try Self.inherit(parent.rawValue).first)
        #expect(
            listener.address == (try SystemCalls.localAddress(parent).socketAddress))
        #expect(listener.descriptor != parent.rawValue)
        for descriptor in [parent.rawValue, listener.descriptor] {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
        guard case .wouldBlock = listener.accept() else {
            Issue.record("nobody has come")
            return
        }
        let client = try SocketTransport.connecting(to: listener.address)
        let accepted = try Sockets.accept(from: listener).transport
        guard let server = accepted as? SocketTransport else {
            Issue.record("not a socket")
            return
        }
        #expect(client.send([7].span) == .bytes(1))
        let taken = server.takeDescriptor()
        #expect(try SystemCalls.option(taken, level: Int32(IPPROTO_TCP), name: TCP_NODELAY) == 1)
    }

    @Test("Who comes after a listener was closed waits for the next one")
    func restart() throws {
        let parent = try Sockets.listener()
        let first = try #require(try Self.inherit(parent.descriptor).first)
        first.close()
        let client = try SocketTransport.connecting(to: parent.address)
        #expect(client.send([7].span) == .bytes(1))
        let second = try #require(try Self.inherit(parent.descriptor).first)
        let (server, _) = try Sockets.accept(from: second)
        #expect(server.receive(1).bytes == [7])
    }

    @Test("The file of a Unix path is the parent's, and stays")
    func unix() throws {
        let path = Sockets.path()
        let parent = try Sockets.listener(.unix(path: path))
        let listener = try #require(try Self.inherit(parent.descriptor).first)
        #expect(listener.address == .unix(path: path))
        _ = try SocketTransport.connecting(to: listener.address)
        _ = try Sockets.accept(from: listener)
        listener.close()
        #expect(Sockets.exists(path))
        parent.close()
    }

    @Test("Several are taken in their order; those of a name alone, and no other is touched")
    func several() throws {
        let parents = try (0..<2).map { _ in try Sockets.listener() }
        let first = try Self.neighbours(parents.map(\.descriptor))
        defer { for place in 0..<2 { Glibc.close(first + Int32(place)) } }
        let all = try Self.inherit(first, count: 2)
        #expect(all.map(\.address) == parents.map(\.address))
        let named = try Self.inherit(first, count: 2, names: "http:admin", named: "admin")
        #expect(named.map(\.address) == [parents[1].address])
        // Below the two: whatever it is, its name is not asked for.
        let beside = try Self.inherit(first - 1, count: 2, names: "other:http", named: "http")
        #expect(beside.map(\.address) == [parents[0].address])
        let error = #expect(throws: InheritedSocketError.self) {
            try Self.inherit(first, count: 2, names: "http:admin", named: "web")
        }
        #expect(error?.description == "no inherited socket is named web")
    }

    /// Copies of descriptors with numbers that follow one another; returns the first.
    private static func neighbours(_ originals: [Int32]) throws -> Int32 {
        // Beyond a thousand too: other tests hold thousands for a while.
        for start in stride(from: Int32(600), to: 18_000, by: 97) {
            let copies = originals.enumerated().map {
                fcntl($1, F_DUPFD, start + Int32($0))
            }
            if copies == copies.indices.map({ start + Int32($0) }) { return start }
            for copy in copies where copy >= 0 { Glibc.close(copy) }
        }
        return try #require(nil, "no two free descriptors beside each other")
    }

    @Test("What nobody can connect to is refused, and left as it was")
    func refused() throws {
        let file = FileDescriptor(owning: unsafe open("/dev/null", O_RDONLY))
        expectRefused(file.rawValue, "is no listening stream socket")
        let datagrams = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        expectRefused(datagrams.rawValue, "is no listening stream socket")
        let idle = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        expectRefused(idle.rawValue, "is no listening stream socket")
        let (here, there) = try SocketTransport.pair()
        expectRefused(here.descriptor, "is no listening stream socket")
        #expect(there.send([1].span) == .bytes(1) && here.receive(1).bytes == [1])
        let netlink = FileDescriptor(owning: socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0))
        expectRefused(netlink.rawValue, "is no listening stream socket")
        let sequenced = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0))
        let address = try SystemCalls.numeric(.unix(path: Sockets.path()))
        try SystemCalls.bind(sequenced, to: address)
        try SystemCalls.listen(sequenced, backlog: 1)
        expectRefused(sequenced.rawValue, "is no listening stream socket")
        try SystemCalls.removeFile(at: address.socketAddress.description)
        for descriptor in [file.rawValue, datagrams.rawValue, idle.rawValue] {
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK == 0)
        }
        expectRefused(1_000_000, "fails: fcntl: Bad file descriptor (errno 9)")
    }

    private func expectRefused(
        _ descriptor: Int32, _ problem: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: InheritedSocketError.self, sourceLocation: location) {
            try Self.inherit(descriptor, names: "web")
        }
        let expected = "the inherited descriptor \(descriptor) (web) \(problem)"
        #expect(error?.description == expected, sourceLocation: location)
    }
}

@Suite("Datagrams to a Unix socket")
struct UnixDatagramTests {
    private static func receiver(at address: SystemAddress) throws -> FileDescriptor {
        let receiver = try SystemCalls.makeSocket(
            family: AF_UNIX, type: SystemCalls.datagramType)
        try SystemCalls.bind(receiver, to: address)
        return receiver
    }

    private static func received(by receiver: borrowing FileDescriptor) -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        var span = bytes.mutableSpan
        guard case .bytes(let count) = SystemCalls.receive(receiver.rawValue, into: &span) else {
            return ""
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    @Test("One arrives whole at a path")
    func path() throws {
        let path = Sockets.path()
        let receiver = try Self.receiver(at: SystemCalls.numeric(.unix(path: path)))
        try UnixDatagram.send("READY=1".utf8Span.span, to: path)
        try UnixDatagram.send("STOPPING=1".utf8Span.span, to: path)
        #expect(Self.received(by: receiver) == "READY=1")
        #expect(Self.received(by: receiver) == "STOPPING=1")
        try SystemCalls.removeFile(at: path)
    }

    @Test("One arrives at an abstract name, up to the longest, and at no other")
    func abstractName() throws {
        let base = "rnode-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let fill = String(repeating: "x", count: SystemAddress.pathBytesMax - base.utf8.count)
        for name in [base, base + fill] {
            let address = try #require(SystemAddress(abstractName: Array(name.utf8)))
            let receiver = try Self.receiver(at: address)
            try UnixDatagram.send("READY=1".utf8Span.span, to: "@" + name)
            #expect(Self.received(by: receiver) == "READY=1")
            let other = "@" + name.dropLast()
            #expect(
                Sockets.code { try UnixDatagram.send("x".utf8Span.span, to: other) }
                    == ECONNREFUSED)
        }
        #expect(!Sockets.exists("@" + base))
    }

    @Test(
        "What is no receiver is an error",
        arguments: [
            ("", EINVAL), ("relative", EINVAL), ("vsock:2:1234", EINVAL), ("@", EINVAL),
            ("/nowhere/at/all", ENOENT), ("/tmp/a\0b", EINVAL),
            ("/" + String(repeating: "x", count: 107), ENAMETOOLONG),
            ("@" + String(repeating: "x", count: 108), ENAMETOOLONG), ("/dev/null", ECONNREFUSED),
        ])
    func bad(receiver: String, code: Int32) {
        #expect(
            Sockets.code { try UnixDatagram.send("READY=1".utf8Span.span, to: receiver) } == code)
    }

    @Test("A receiver that reads nothing is not waited for")
    func full() throws {
        let path = Sockets.path()
        let receiver = try Self.receiver(at: SystemCalls.numeric(.unix(path: path)))
        var code: Int32?
        for _ in 0..<100_000 where code == nil {
            code = Sockets.code { try UnixDatagram.send("READY=1".utf8Span.span, to: path) }
        }
        #expect(code == EAGAIN)
        receiver.close()
        try SystemCalls.removeFile(at: path)
    }
}
