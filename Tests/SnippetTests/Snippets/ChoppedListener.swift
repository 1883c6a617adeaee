import RNodeIO

/// Has every stream that another listener accepts go through a ``ChoppedTransport``.
final class ChoppedListener: Listener {
    private let inner: any Listener
    private let piece: Int

    init(_ inner: any Listener, piece: Int) {
        self.inner = inner
        self.piece = piece
    }

    var descriptor: Int32 { inner.descriptor }
    var address: SocketAddress { inner.address }

    func accept() -> AcceptResult {
        let result = inner.accept()
        guard case .accepted(let transport, let remote) = result else { return result }
        return .accepted(ChoppedTransport(transport, piece: piece), remote: remote)
    }

    func close() { inner.close() }
}
