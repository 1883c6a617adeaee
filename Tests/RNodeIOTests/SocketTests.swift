import RNodeIO
import Testing

@Suite("Sockets") struct SocketTests {
    @Test("A client connects, bytes go both ways", arguments: ["127.0.0.1:0", "[::1]:0"])
    func roundTrip(text: String) throws {
        let address = try #require(SocketAddress(parsing: text))
        let listener = try #require(try SocketListener.bind(to: address).first)
        #expect(listener.address.port != 0)
        let client = try SocketTransport.connecting(to: listener.address)
        defer { client.close(abort: false) }
        let backend = try Epoll()
        try backend.add(listener.descriptor, interest: .readable, token: 1)
        var events: [BackendEvent] = []
        _ = backend.wait(until: backend.now.advanced(by: .seconds(5)), into: &events)
        #expect(events == [BackendEvent(token: 1, readiness: .readable)])
        guard case .accepted(let server, let remote) = listener.accept() else {
            Issue.record("nobody came")
            return
        }
        #expect(remote.port != listener.address.port)
        #expect(client.send([1, 2, 3].span) == .bytes(3))
        var room = [UInt8](repeating: 0, count: 8)
        var span = room.mutableSpan
        #expect(server.receive(into: &span) == .bytes(3))
        #expect(room.prefix(3) == [1, 2, 3])
        server.close(abort: false)
        listener.close()
    }

    @Test("Several listeners share port 0's answer, and nobody else gets it")
    func sharedPort() throws {
        let address = SocketAddress.ip(host: "127.0.0.1", port: 0)
        let listeners = try SocketListener.bind(to: address, count: 4)
        #expect(listeners.count == 4)
        let port = try #require(listeners.first?.address)
        #expect(listeners.allSatisfy { $0.address == port })
        for count in [1, 2] {
            let error = #expect(throws: IOError.self) {
                try SocketListener.bind(to: port, count: count)
            }
            #expect(error?.code == 98)
        }
    }
}
