import Glibc
import Testing

@testable import RNodeIO

@Suite("Socket transports") struct SocketTransportTests {
    @Test("An abort reaches a TCP peer as a reset, and costs no signal (C3)")
    func abort() throws {
        let (client, server) = try Sockets.connected()
        server.close(abort: true)
        var result = ReceiveResult.wouldBlock
        for _ in 0..<3000 where result == .wouldBlock {
            result = client.receive(1).result
            usleep(1000)
        }
        #expect(result == .failed(IOError("recv", code: ECONNRESET)))
        #expect(client.send([1].span) == .failed(IOError("send", code: EPIPE)))
    }

    @Test("What the peer's system has no room for is untaken, until the peer reads")
    func untaken() throws {
        let (client, server) = try Sockets.connected()
        #expect(server.untakenCount == 0)
        let bytes = [UInt8](repeating: 1, count: 65_536)
        while case .bytes = server.send(bytes.span) {}
        let full = try #require(server.untakenCount)
        #expect(full > 0)
        // More finds no room, and changes nothing.
        #expect(server.send(bytes.span) == .wouldBlock)
        for _ in 0..<3000 where server.untakenCount == full {
            _ = client.receive(65_536)
            usleep(1000)
        }
        #expect(try #require(server.untakenCount) < full)
        server.close(abort: true)
        #expect(server.untakenCount == nil)
    }

    @Test("A closed transport fails, and closing it again does nothing")
    func closed() throws {
        let (here, there) = try SocketTransport.pair()
        here.close(abort: false)
        here.close(abort: true)
        here.finishSending()
        #expect(here.descriptor == -1)
        #expect(here.receive(1).result == .failed(IOError("recv", code: EBADF)))
        #expect(here.send([1].span) == .failed(IOError("send", code: EBADF)))
        there.close(abort: false)
    }

    @Test("A stream goes on with another transport")
    func handedOff() throws {
        let (here, there) = try SocketTransport.pair()
        let moved = SocketTransport(here.takeDescriptor())
        #expect(here.descriptor == -1)
        #expect(there.send([1, 2].span) == .bytes(2))
        #expect(moved.receive(2).bytes == [1, 2])
    }

    @Test("A transport that goes away closes its socket")
    func dropped() throws {
        var pair: (SocketTransport, SocketTransport)? = try SocketTransport.pair()
        let there = try #require(pair).1
        pair = nil
        #expect(there.receive(1).result == .finished)
    }

    @Test("Empty spans are no end of the stream")
    func empty() throws {
        let (here, there) = try SocketTransport.pair()
        #expect(here.receive(0).result == .wouldBlock)
        #expect(here.send([UInt8]().span) == .wouldBlock)
        there.close(abort: false)
    }

    @Test("A refused connection is told")
    func refused() throws {
        let listener = try Sockets.listener()
        listener.close()
        let client: SocketTransport
        do throws(IOError) {
            client = try SocketTransport.connecting(to: listener.address)
        } catch {
            #expect(error.code == ECONNREFUSED)
            return
        }
        let backend = try Epoll()
        try backend.add(client.descriptor, interest: .writable, token: 1)
        var events: [BackendEvent] = []
        _ = backend.wait(until: backend.now.advanced(by: .seconds(5)), into: &events)
        #expect(events.first?.readiness.contains(.failed) == true)
        #expect(client.connectionError()?.code == ECONNREFUSED)
    }

    @Test("Names are not looked up when connecting")
    func numericOnly() {
        let address = SocketAddress.ip(host: "localhost", port: 80)
        #expect(Sockets.code { try SocketTransport.connecting(to: address) } == EINVAL)
    }

    @Test("A transport is one allocation of at most 32 bytes")
    func size() throws {
        let (transport, peer) = try SocketTransport.pair()
        let size = unsafe mallocUsableSize(Unmanaged.passUnretained(transport).toOpaque())
        #expect(size <= 32)
        peer.close(abort: false)
        transport.close(abort: false)
    }

    @Test("A descriptor given away is not closed by its owner")
    func released() throws {
        let (here, there) = try SocketTransport.pair()
        let raw = here.takeDescriptor().release()
        #expect(fcntl(raw, F_GETFD) >= 0)
        FileDescriptor(owning: raw).close()
        #expect(there.receive(1).result == .finished)
    }

    @Test("An error says which call failed, and why")
    func errors() {
        let error = IOError("bind", code: EADDRINUSE)
        #expect(error.description == "bind: Address already in use (errno 98)")
        #expect(
            IOError.text(of: 99_999) == "Unknown error 99999" || !IOError.text(of: 99_999).isEmpty)
        #expect(!IOError.text(of: .min).isEmpty && !IOError.text(of: .max).isEmpty)
    }
}

@_silgen_name("malloc_usable_size") private func mallocUsableSize(_ memory: UnsafeMutableRawPointer)
    -> Int
