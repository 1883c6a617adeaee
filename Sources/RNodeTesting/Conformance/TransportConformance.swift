public import RNodeIO

/// What every ``/RNodeIO/Transport`` must do, for any implementation to run.
///
/// Makes a new pair for each check: the first is the one that is checked, the second is its peer.
public struct TransportConformance {
    private let makePair: () throws -> (any Transport, any Transport)
    let pause: () -> Void

    /// - Parameters:
    ///   - pause: Lets time pass between two tries, when bytes need some to arrive; and a turn, where they need one to be sent.
    ///   - pair: Makes two connected streams.
    public init(
        pause: @escaping () -> Void = {},
        pair: @escaping () throws -> (any Transport, any Transport)
    ) {
        self.makePair = pair
        self.pause = pause
    }

    /// All checks, each to be run by itself.
    public static let checks: [ConformanceCheck<TransportConformance>] = byteChecks + endChecks

    /// Runs all checks, and throws the first failure.
    public func run() throws {
        for check in TransportConformance.checks { try check.run(on: self) }
    }

    /// Makes a pair and lends it. The body closes both; only when it fails they are left to whoever made them.
    func withPair(_ body: (any Transport, any Transport) throws -> Void) throws {
        let (here, there) = try makePair()
        try body(here, there)
    }

    /// Receives one byte, until there is something else than `wouldBlock`, for a few seconds at most.
    func receive(from transport: any Transport) -> (result: ReceiveResult, byte: UInt8) {
        var room: [UInt8] = [0xA5]
        for _ in 0..<2000 {
            var span = room.mutableSpan
            let result = transport.receive(into: &span)
            if result != .wouldBlock { return (result, room[0]) }
            pause()
        }
        return (.wouldBlock, 0)
    }

    /// Reads what is there until it is `count` bytes, or nothing has come for a few seconds, and then until nothing is there.
    func drain(_ transport: any Transport, _ count: Int) -> Int {
        var total = transport.drain()
        var vainTurns = 0
        while total < count, vainTurns < 2000 {
            pause()
            let more = transport.drain()
            vainTurns = more == 0 ? vainTurns + 1 : 0
            total += more
        }
        return total
    }

    /// Sends `bytes` from one to the other, in turns of one call each, and returns what arrived. With `inBuffers` they are
    /// given with their memory.
    func carry(
        _ bytes: [UInt8], from sender: any Transport, to receiver: any Transport, piece: Int = 1000,
        inBuffers: Bool = false
    ) throws(ConformanceFailure) -> [UInt8] {
        var sent = 0
        var arrived: [UInt8] = []
        var vainTurns = 0
        while arrived.count < bytes.count {
            let before = sent + arrived.count
            if sent < bytes.count {
                let rest = bytes.span.extracting(sent...)
                sent += try inBuffers ? give(rest, to: sender) : send(rest, on: sender)
            }
            arrived += try receivePiece(piece, from: receiver)
            vainTurns = before == sent + arrived.count ? vainTurns + 1 : 0
            try expect(vainTurns < 2000, "only \(arrived.count) of \(sent) bytes arrived")
            if vainTurns > 0 { pause() }
        }
        return arrived
    }

    private func receivePiece(
        _ piece: Int, from receiver: any Transport
    ) throws(ConformanceFailure) -> ArraySlice<UInt8> {
        var room = [UInt8](repeating: 0xA5, count: piece)
        var span = room.mutableSpan
        switch receiver.receive(into: &span) {
        case .bytes(let count):
            try expect((1...piece).contains(count), "receive gave \(count) bytes of \(piece)")
            let untouched = room[count...].prefix(16).allSatisfy { $0 == 0xA5 }
            try expect(untouched, "receive wrote past the \(count) bytes it gave")
            return room.prefix(count)
        case .wouldBlock: return []
        case let other: throw ConformanceFailure("receive gave \(other) in the midst of the bytes")
        }
    }

    private func send(
        _ bytes: Span<UInt8>, on sender: any Transport
    ) throws(ConformanceFailure) -> Int {
        try taken(sender.send(bytes), of: bytes.count)
    }

    private func give(
        _ bytes: Span<UInt8>, to sender: any Transport
    ) throws(ConformanceFailure) -> Int {
        var buffer = ByteBuffer(copying: bytes)
        let count = try taken(sender.send(from: &buffer), of: bytes.count)
        let isRest = buffer.withSpan { $0.copied() == bytes.extracting(count...).copied() }
        try expect(isRest, "send(from:) took \(count) bytes, and left others than the rest")
        return count
    }

    private func taken(_ result: SendResult, of most: Int) throws(ConformanceFailure) -> Int {
        switch result {
        case .bytes(let count):
            try expect((1...most).contains(count), "send took \(count) of \(most)")
            return count
        case .wouldBlock: return 0
        case .failed(let error): throw ConformanceFailure("send failed: \(error)")
        }
    }
}
