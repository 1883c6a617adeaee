import RNodeBytes

/// A stream that a ring serves: what arrives is in the ring's buffers already, and what is sent goes out with everybody else's
/// when the loop waits next.
///
/// At most ``unsentBytesMax`` bytes wait for that; beyond it, it says `wouldBlock` like a full socket.
final class RingTransport: Transport {
    /// What may wait to be sent: as much as a loop sends before it stops reading (64 KiB), and the message that went beyond that.
    static let unsentBytesMax = 81_920

    let descriptor: Int32
    private let ring: IOUring
    private let stream: RingStreamID

    init(_ ring: IOUring, _ descriptor: Int32, _ stream: RingStreamID) {
        self.ring = ring
        self.descriptor = descriptor
        self.stream = stream
    }

    func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        ring.receive(stream, into: &bytes)
    }

    func send(_ bytes: Span<UInt8>) -> SendResult {
        ring.send(bytes, stream)
    }

    /// With the buffer's memory, where nothing waits before it and all of it may.
    func send(from buffer: inout ByteBuffer) -> SendResult {
        let count = buffer.count
        return ring.takeWhole(&buffer, stream) ? .bytes(count) : sendCopy(of: &buffer)
    }

    /// What waits to be sent or is being sent, and what the stream tells.
    var untakenCount: Int? { ring.untakenCount(stream) }

    /// Once everything is sent.
    func finishSending() {
        ring.finishSending(stream)
    }

    /// Once everything is sent, or after ``IOUring/closeTimeout``; with `abort` as soon as the kernel is done with its memory.
    func close(abort: Bool) {
        ring.close(stream, abort: abort)
    }
}
