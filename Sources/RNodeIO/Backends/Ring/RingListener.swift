/// A listener that a ring accepts from: who has come is waiting here.
final class RingListener: Listener {
    private let socket: SocketListener
    private let ring: IOUring
    private let stream: RingStreamID
    private let queue: AcceptQueue

    init(_ ring: IOUring, _ socket: SocketListener, _ stream: RingStreamID, _ queue: AcceptQueue) {
        self.ring = ring
        self.socket = socket
        self.stream = stream
        self.queue = queue
    }

    var descriptor: Int32 { socket.descriptor }
    var address: SocketAddress { socket.address }

    /// The next one who has come; asks the kernel once more before it says that there is nobody.
    func accept() -> AcceptResult {
        if queue.isEmpty { ring.submitAndCollect() }
        if let descriptor = queue.take() {
            return socket.admit(FileDescriptor(owning: descriptor))
        }
        if let error = queue.takeFailure() {
            ring.begin(stream)
            return socket.answer(to: error)
        }
        return ring.isReceiving(stream) ? .wouldBlock : socket.accept()
    }

    func hasRoom() -> Bool { socket.hasRoom() }

    /// Whom the kernel accepts while this closes is reset, like whoever waits in its queue.
    func close() {
        ring.endAccepting(stream, socket.descriptor)
        while let descriptor = queue.take() { FileDescriptor(owning: descriptor).close() }
        socket.close()
    }
}
