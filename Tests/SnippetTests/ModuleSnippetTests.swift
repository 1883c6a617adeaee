import RNodeApp
import RNodeHTTP
import RNodeTesting
import RNodeWS
import Testing

@testable import RNodeIO

@Suite("One module alone")
struct ModuleSnippetTests {
    private static let now = MonotonicInstant(nanoseconds: 0)

    // MARK: - RNodeIO

    @Test("RNodeIO echoes over a scripted loop, without a socket")
    func echoInMemory() throws {
        let descriptors = VirtualDescriptors()
        let listener = InMemoryListener(descriptors: descriptors)
        let loop = try makeEchoLoop(ScriptedBackend(descriptors: descriptors), listener)
        let peer = listener.connect()
        peer.send("ping")
        for _ in 0..<3 { loop.turn(waits: false) }
        #expect(peer.takeText() == "ping")
        peer.close()
        for _ in 0..<3 { loop.turn(waits: false) }
        #expect(peer.isFinished)
    }

    @Test("RNodeIO echoes over real sockets, on two threads")
    func echoOverSockets() async throws {
        let (group, address) = try serveEcho(on: .ip(host: "127.0.0.1", port: 0), loops: 2)
        defer { group.stop() }
        let client = try SocketTransport.connecting(to: address)
        defer { client.close(abort: false) }
        let sent = client.send([1, 2, 3].span)
        #expect(sent == .bytes(3))
        #expect(try await Self.receive(3, from: client) == [1, 2, 3])
    }

    /// Receives `count` bytes, for which it waits a few seconds at most.
    private static func receive(
        _ count: Int, from transport: any Transport
    ) async throws -> [UInt8] {
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64)
        for _ in 0..<5_000 where received.count < count {
            var span = room.mutableSpan
            if case .bytes(let count) = transport.receive(into: &span) {
                received += room.prefix(count)
            } else {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        return received
    }

    // MARK: - RNodeHTTP

    @Test("RNodeHTTP answers two requests that arrive byte by byte, and closes after nonsense")
    func greeter() throws {
        var greeter = try Greeter(now: Self.now, unixSeconds: 1_700_000_000)
        var output = ByteBuffer()
        let requests =
            "GET /hello/Ada%20L. HTTP/1.1\r\nHost: here\r\n\r\n"
            + "DELETE /hello/you HTTP/1.1\r\nHost: here\r\n\r\n"
            + "GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n"
        for byte in requests.utf8 {
            let isOpen = try greeter.receive([byte].span, now: Self.now, into: &output)
            #expect(isOpen)
        }
        let answers = String(decoding: output.copied(), as: UTF8.self)
        #expect(answers.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answers.contains("\r\n\r\nHello, Ada L.!HTTP/1.1 405 "))
        #expect(answers.contains("Allow: GET, HEAD\r\n"))
        #expect(answers.contains("HTTP/1.1 404 Not Found\r\n"))
        let nonsense = [UInt8]("nonsense\r\n\r\n".utf8)
        let isOpen = try greeter.receive(nonsense.span, now: Self.now, into: &output)
        #expect(!isOpen)
    }

    // MARK: - RNodeWS

    @Test("RNodeWS opens, echoes a message in fragments, and closes with the client's code")
    func echoSocket() throws {
        let offer = HandshakeOffer(nonce: InlineArray(repeating: 7), subprotocols: ["echo"])
        var request = HandshakeFields()
        for field in offer.fields { request.receive(field.name, field.value) }
        var output = ByteBuffer()
        var socket = try EchoSocket(request, now: Self.now, into: &output)
        let opening = String(decoding: output.copied(), as: UTF8.self)
        #expect(opening.hasPrefix("HTTP/1.1 101 "))
        #expect(opening.contains("Sec-WebSocket-Protocol: echo\r\n"))

        output.removeAll()
        var input = ByteBuffer()
        let (first, rest) = ([UInt8]("Hel".utf8), [UInt8]("lo".utf8))
        FrameEncoder.encode(.text, first.span, isFinal: false, maskingKey: 1, into: &input)
        FrameEncoder.encode(.continuation, rest.span, maskingKey: 2, into: &input)
        let isOpen = Self.feed(&socket, &input, &output)
        #expect(isOpen)
        #expect(output.copied() == [0x81, 5] + "Hello".utf8)

        output.removeAll()
        FrameEncoder.encode(.close, [0x03, 0xE9].span, maskingKey: 3, into: &input)
        let isStillOpen = Self.feed(&socket, &input, &output)
        #expect(!isStillOpen)
        #expect(output.copied() == [0x88, 2, 0x03, 0xE9])
    }

    private static func feed(
        _ socket: inout EchoSocket, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Bool {
        defer { input.removeAll() }
        return input.withMutableSpan { socket.receive(&$0, now: now, into: &output) }
    }

    @Test("RNodeWS refuses a request that is no handshake with the status to answer")
    func refusal() {
        var output = ByteBuffer()
        do throws(HandshakeError) {
            _ = try EchoSocket(HandshakeFields(), now: Self.now, into: &output)
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.status == 426)
        }
    }

    // MARK: - RNodeRooms

    @Test("RNodeRooms gives exactly 50 seats to 200 guests")
    func seats() async throws {
        #expect(try await raceForSeats(50, guests: 200) == 50)
    }

    // MARK: - RNodeApp

    @Test("RNodeApp serves the small chat over real sockets, and shuts down with no connection cut")
    func chatOverSockets() async throws {
        let app = makeChat()
        let address = try await app.listen(port: 0)
        let client = try SocketTransport.connecting(to: address)
        let request = "GET /hello/you HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        let sent = client.send([UInt8](request.utf8).span)
        #expect(sent == .bytes(request.utf8.count))
        let answer = try await Self.receive(12, from: client)
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        client.close(abort: false)
        #expect(await app.shutdown().isClean)
    }
}
