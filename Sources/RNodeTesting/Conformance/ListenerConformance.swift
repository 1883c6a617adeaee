public import RNodeIO

/// What every ``/RNodeIO/Listener`` must do, for any implementation to run.
///
/// Makes a new listener for each check.
public struct ListenerConformance {
    private let makeListener: () throws -> any Listener
    private let connect: (any Listener) throws -> any Transport
    private let pause: () -> Void

    /// - Parameters:
    ///   - pause: Lets time pass between two tries, when a connection needs some to arrive.
    ///   - listener: Makes a listener.
    ///   - connect: Connects to it, and gives the client's end; throws when nobody listens.
    public init(
        pause: @escaping () -> Void = {}, listener: @escaping () throws -> any Listener,
        connect: @escaping (any Listener) throws -> any Transport
    ) {
        self.makeListener = listener
        self.connect = connect
        self.pause = pause
    }

    /// Runs all checks, and throws the first failure.
    public func run() throws {
        for check in ListenerConformance.checks { try check.run(on: self) }
    }

    /// All checks, each to be run by itself.
    public static let checks: [ConformanceCheck<ListenerConformance>] = [
        .init("With nobody there, accept says wouldBlock") { subject in
            let listener = try subject.makeListener()
            try expect(listener.descriptor >= 0, "the descriptor is \(listener.descriptor)")
            guard case .wouldBlock = listener.accept() else {
                throw ConformanceFailure("somebody was accepted")
            }
            listener.close()
        },
        .init("Each peer is accepted once, with a stream of its own") { subject in
            let listener = try subject.makeListener()
            let clients = try (0..<5).map { _ in try subject.connect(listener) }
            let accepted = try clients.map { _ in try subject.accept(from: listener) }
            try expect(
                Set(accepted.map(\.descriptor)).count, is: 5, "the number of descriptors")
            guard case .wouldBlock = listener.accept() else {
                throw ConformanceFailure("a sixth peer was accepted")
            }
            try subject.expectOneEach(clients, accepted)
            for transport in clients + accepted { transport.close(abort: false) }
            listener.close()
        },
        .init("After close, connecting fails or finds the end") { subject in
            let listener = try subject.makeListener()
            listener.close()
            guard let client = try? subject.connect(listener) else { return }
            var room: [UInt8] = [0]
            var span = room.mutableSpan
            switch client.receive(into: &span) {
            case .finished, .failed: client.close(abort: true)
            case let other: throw ConformanceFailure("the client's receive gave \(other)")
            }
        },
    ]

    private func accept(from listener: any Listener) throws -> any Transport {
        for _ in 0..<2000 {
            switch listener.accept() {
            case .accepted(let transport, _): return transport
            case .wouldBlock, .retry: pause()
            case .exhausted(let error), .failed(let error):
                throw ConformanceFailure("accept failed: \(error)")
            }
        }
        throw ConformanceFailure("nobody was accepted")
    }

    /// Each client's byte arrives at one accepted stream.
    private func expectOneEach(
        _ clients: [any Transport], _ accepted: [any Transport]
    ) throws {
        for (number, client) in clients.enumerated() { _ = client.send([UInt8(number)].span) }
        let pairs = TransportConformance(pause: pause) { throw ConformanceFailure("no pair") }
        let bytes = accepted.map { pairs.receive(from: $0).byte }
        try expect(Set(bytes).count, is: clients.count, "the number of different bytes")
    }
}
