import RNodeIO

/// Where the streams of a `MemoryBackend` come from.
final class MemoryListener: Listener {
    let descriptor = MemoryBackend.listenerDescriptor
    let address = SocketAddress.ip(host: "127.0.0.1", port: 80)
    private let remote = SocketAddress.ip(host: "192.0.2.1", port: 1024)
    private var waiting: [MemoryStream] = []

    /// Has a stream wait to be accepted.
    func connect(_ stream: MemoryStream) { waiting.append(stream) }

    func accept() -> AcceptResult {
        waiting.popLast().map { .accepted($0, remote: remote) } ?? .wouldBlock
    }

    func close() {}
}
