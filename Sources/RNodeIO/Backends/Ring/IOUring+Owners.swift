import RNodeBytes

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// What transports and listeners ask of it.
//
// SAFETY: as at `core`: what `find` gives is used before anything is freed.
extension IOUring {
    func receive(_ id: RingStreamID, into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        guard let stream = unsafe core.pointee.find(id) else {
            return .failed(IOError("recv", code: EBADF))
        }
        return unsafe core.pointee.receive(into: &bytes, &stream.pointee)
    }

    func send(_ bytes: Span<UInt8>, _ id: RingStreamID) -> SendResult {
        guard let stream = unsafe core.pointee.find(id) else {
            return .failed(IOError("send", code: EBADF))
        }
        return unsafe core.pointee.send(bytes, &stream.pointee)
    }

    /// Takes a buffer's bytes to be sent, with their memory. False, and nothing is taken, where that can't be.
    func takeWhole(_ buffer: inout ByteBuffer, _ id: RingStreamID) -> Bool {
        guard let stream = unsafe core.pointee.find(id) else { return false }
        return unsafe core.pointee.takeWhole(&buffer, &stream.pointee)
    }

    func untakenCount(_ id: RingStreamID) -> Int? {
        unsafe core.pointee.untakenCount(id)
    }

    func finishSending(_ id: RingStreamID) {
        guard let stream = unsafe core.pointee.find(id),
            case .stream(let transport) = unsafe stream.pointee.service
        else { return }
        guard unsafe stream.pointee.unsentBytes > 0 else { return transport.finishSending() }
        unsafe stream.pointee.state.insert(.finishing)
    }

    func close(_ id: RingStreamID, abort: Bool) {
        guard let stream = unsafe core.pointee.find(id) else { return }
        names[unsafe stream.pointee.descriptor] = nil
        unsafe core.pointee.close(&stream.pointee, abort: abort)
        if unsafe stream.pointee.unsentBytes > 0, !abort {
            closing.append(Closing(stream: id, deadline: ring.now.advanced(by: Self.closeTimeout)))
        }
        unsafe core.pointee.freeIfDone(id)
    }

    // MARK: - Listeners

    /// Whether the kernel is accepting for a listener.
    func isReceiving(_ id: RingStreamID) -> Bool {
        guard let stream = unsafe core.pointee.find(id) else { return false }
        return unsafe stream.pointee.state.contains(.receiving)
    }

    /// Looks whether something has completed since the turn began.
    func submitAndCollect() {
        unsafe core.pointee.placedCount = 0
        ring.submit()
        collect()
    }

    /// Has a listener accept again, whose error was told.
    func begin(_ id: RingStreamID) {
        guard let stream = unsafe core.pointee.find(id) else { return }
        unsafe core.pointee.list(&stream.pointee)
    }

    /// Ends accepting, and waits until it has ended.
    func endAccepting(_ id: RingStreamID, _ descriptor: Int32) {
        names[descriptor] = nil
        guard let stream = unsafe core.pointee.find(id) else { return }
        unsafe core.pointee.close(&stream.pointee, abort: true)
        for _ in 0..<64 where isReceiving(id) {
            beginListed()
            submitAndCollect()
        }
        unsafe core.pointee.freeIfDone(id)
    }
}
