import RNodeIO

/// Sends every byte back, whoever sent it.
final class Echo: LoopHandler {
    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {
        connection.deadline = connection.now.advanced(by: .seconds(60))
    }

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        connection.output.append(bytes.span)
        return bytes.count
    }

    func finished(_ connection: inout ConnectionContext) { connection.close() }
    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) { connection.abort() }
    func timedOut(_ connection: inout ConnectionContext) { connection.close() }
    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {}
    func turnEnded(on loop: EventLoop) {}
}

/// A loop that serves what `listener` accepts. `run()` it on a thread, or `turn()` it in a test.
func makeEchoLoop(_ backend: any EventLoopBackend, _ listener: any Listener) throws -> EventLoop {
    let loop = try EventLoop(backend: backend)
    loop.setHandler(Echo())
    try loop.listen(on: listener)
    return loop
}

/// Loops over one port, each on a thread of its own, until somebody stops the group.
func serveEcho(on address: SocketAddress, loops count: Int) throws -> (
    EventLoopGroup, SocketAddress
) {
    let listeners = try SocketListener.bind(to: address, count: count)
    let group = try EventLoopGroup(backends: listeners.map { _ in try Poll() })
    for (loop, listener) in zip(group.loops, listeners) {
        loop.setHandler(Echo())
        try loop.listen(on: listener)
    }
    try group.start(whenEnded: {})
    return (group, listeners.first?.address ?? address)
}
