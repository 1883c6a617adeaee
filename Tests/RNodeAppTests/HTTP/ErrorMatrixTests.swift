import RNodeApp
import RNodeTesting
import Testing

@Suite("HARDENING A17: every fault in every state")
struct ErrorMatrixTests {
    /// Where a connection can be when something goes wrong.
    enum State: CaseIterable {
        case fresh, idle, head, fixedBody, chunkedBody, continued, responding, draining, opening,
            congested
    }

    /// What can go wrong.
    enum Fault: CaseIterable {
        case controlBytes, badLine, badChunk, tooLongLine, tooManyFields, conflictingLengths,
            hugeLength
        case finish, reset, close, time, flood
    }

    private static let post = "POST /echo HTTP/1.1\r\nHost: h\r\n"

    private func enter(_ state: State, _ peer: InMemoryPeer, _ host: TestHost) async {
        switch state {
        case .fresh: break
        case .idle: peer.send("GET /fixed HTTP/1.1\r\nHost: h\r\n\r\n")
        case .head: peer.send("GET /fi")
        case .fixedBody: peer.send(Self.post + "Content-Length: 100\r\n\r\nabc")
        case .chunkedBody: peer.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n5\r\nab")
        case .continued:
            peer.send(Self.post + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")
        case .responding: peer.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n")
        case .draining:
            peer.send("POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc")
        case .opening: peer.send(UpgradeThreatTests.upgrade + "\r\n")
        case .congested:
            peer.shape.windowBytes = 1
            peer.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        await host.settle()
    }

    private func raise(_ fault: Fault, _ peer: InMemoryPeer, _ host: TestHost) async {
        switch fault {
        case .controlBytes: peer.send([0, 1, 0xFF, 0x0A, 0x0D, 0x0A])
        case .badLine: peer.send("\r\n GET\r\n:\r\n\r\n")
        case .badChunk: peer.send("zz\r\n0x\r\n;\r\n")
        case .tooLongLine: peer.send(String(repeating: "a", count: 70_000))
        case .tooManyFields: peer.send(String(repeating: "a: b\r\n", count: 20_000))
        case .conflictingLengths:
            peer.send(
                "\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
        case .hugeLength:
            peer.send("\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999\r\n\r\n")
        case .finish: peer.finish()
        case .reset: peer.reset()
        case .close: peer.close()
        case .time: await host.advance(by: .seconds(200))
        case .flood: for _ in 0..<20 { peer.send([UInt8](repeating: 0x0A, count: 65_536)) }
        }
        await host.settle()
    }

    @Test(arguments: State.allCases, Fault.allCases)
    func `A17 the server answers or closes, and serves the next client`(
        _ state: State, _ fault: Fault
    ) async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.get("/fixed", fixed: Response().text("fixed"))
            app.any("/echo") { $1.setBody($0.body, contentType: nil) }
            app.get("/big") { $1.bytes([UInt8](repeating: 1, count: 200_000)) }
            app.get("/later") { _, response async in
                await gate.pass()
                response.text("later")
            }
            app.websocket("/chat") { $0.onConnect { _ async in await gate.pass() } }
        }
        let host = stage.host
        let peer = try host.connect()
        await enter(state, peer, host)
        await raise(fault, peer, host)
        // Whoever was waited for comes too late, or just in time.
        gate.open()
        await host.settle()
        peer.shape.windowBytes = 262_144
        await host.advance(by: .seconds(300))
        // No state lasts for ever without a client's doing: a WebSocket's pings end it as well.
        #expect(peer.isFinished, "\(state) \(fault)")
        #expect(host.loops[0].openConnections().isEmpty)
        let answer = try await TestHTTP(host).request("GET", "/fixed")
        #expect(answer.text == "fixed")
    }
}
