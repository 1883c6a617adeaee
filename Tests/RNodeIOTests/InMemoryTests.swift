import RNodeIO
import RNodeTesting
import Testing

extension Transport {
    /// What one `receive` of at most `count` bytes gave.
    func receive(_ count: Int) -> (result: ReceiveResult, bytes: [UInt8]) {
        var room = [UInt8](repeating: 0, count: count)
        var span = room.mutableSpan
        let result = receive(into: &span)
        guard case .bytes(let count) = result else { return (result, []) }
        return (result, Array(room.prefix(count)))
    }
}

@Suite("In-memory streams") struct InMemoryTests {
    let descriptors = VirtualDescriptors()

    @Test("Bytes go both ways, and each end finds the other's end")
    func bothWays() {
        let (transport, peer) = InMemoryTransport.connected(descriptors: descriptors)
        #expect(transport.receive(10).result == .wouldBlock)
        peer.send("hello")
        #expect(transport.receive(3).bytes == Array("hel".utf8))
        peer.finish()
        #expect(transport.receive(10).bytes == Array("lo".utf8))
        #expect(transport.receive(10).result == .finished)
        #expect(transport.send([1, 2].span) == .bytes(2))
        transport.close(abort: false)
        #expect(peer.takeBytes() == [1, 2])
        #expect(peer.isFinished && !peer.isReset)
        #expect(!peer.send("x"))
        #expect(descriptors.openCount == 0)
    }

    @Test("A shape chops, makes calls vain, and limits what waits for the peer")
    func shapes() {
        let shape = StreamShape(
            receiveMaxBytes: 2, sendMaxBytes: 3, windowBytes: 4, wouldBlockEvery: 3)
        let (transport, peer) = InMemoryTransport.connected(
            descriptors: descriptors, shape: shape)
        peer.send([1, 2, 3, 4, 5])
        #expect(transport.receive(9).bytes == [1, 2])
        #expect(transport.receive(9).bytes == [3, 4])
        #expect(transport.receive(9).result == .wouldBlock)
        #expect(transport.receive(9).bytes == [5])
        #expect(transport.send([1, 2, 3, 4, 5].span) == .bytes(3))
        #expect(transport.send([4, 5].span) == .bytes(1))
        #expect(!transport.readiness.contains(.writable))
        #expect(peer.takeBytes(atMost: 1) == [1])
        #expect(transport.readiness.contains(.writable))
        #expect(transport.send([5].span) == .wouldBlock)
        #expect(transport.send([5].span) == .bytes(1))
        #expect(peer.takeBytes() == [2, 3, 4, 5])
    }

    @Test("A reset of either end is found by the other")
    func resets() {
        let (first, peerOfFirst) = InMemoryTransport.connected(descriptors: descriptors)
        peerOfFirst.send("lost")
        peerOfFirst.reset()
        #expect(first.readiness == [.readable, .writable, .failed])
        #expect(first.receive(9).result == .failed(IOError("receive", code: 104)))
        let (second, peerOfSecond) = InMemoryTransport.connected(descriptors: descriptors)
        _ = second.send([1].span)
        second.close(abort: true)
        #expect(peerOfSecond.isReset)
        #expect(peerOfSecond.takeBytes().isEmpty)
    }

    @Test("A listener gives connections in order, and answers as told")
    func listener() {
        let listener = InMemoryListener(descriptors: descriptors)
        let first = listener.connect()
        _ = listener.connect(from: .ip(host: "2001:db8::1", port: 9))
        listener.failNextAccept(with: .exhausted(IOError("accept", code: 24)))
        guard case .exhausted = listener.accept(),
            case .accepted(let transport, _) = listener.accept(),
            case .accepted(_, let remote) = listener.accept(), case .wouldBlock = listener.accept()
        else {
            Issue.record("not the answers asked for")
            return
        }
        #expect(transport === first.transport)
        #expect(remote == .ip(host: "2001:db8::1", port: 9))
        let late = listener.connect()
        listener.close()
        #expect(late.isReset)
        #expect(listener.connect().isReset)
    }

    @Test("A number that was closed is the next to be handed out")
    func lowestFirst() {
        let all = (0..<4).map { _ in InMemoryTransport.connected(descriptors: descriptors).transport
        }
        let freed = all[1].descriptor
        all[2].close(abort: false)
        all[1].close(abort: false)
        #expect(InMemoryListener(descriptors: descriptors).descriptor == freed)
        #expect(descriptors.openCount == 3)
    }
}
