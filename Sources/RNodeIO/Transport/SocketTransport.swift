#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A byte stream over a TCP or Unix socket: the default ``Transport``.
///
/// One is allocated per connection, and holds a descriptor and nothing else. Used by the thread of the
/// loop that owns it only; a stream is handed to another loop by ``takeDescriptor()``.
public final class SocketTransport: Transport {
    // Unchecked: used on one thread, and never changed while a call of the system that uses it runs.
    @safe @exclusivity(unchecked)
    private var owned: FileDescriptor

    /// Takes over a connected, non-blocking stream socket.
    public init(_ descriptor: consuming FileDescriptor) {
        owned = descriptor
    }

    /// The socket, or -1 once closed.
    public var descriptor: Int32 { owned.rawValue }

    /// Reads at most `bytes.count` bytes with one call of `recv`.
    @inline(__always)
    public func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        SystemCalls.receive(owned.rawValue, into: &bytes)
    }

    /// Writes what the socket takes with one call of `send`. A peer that left is a failure, never a signal.
    @inline(__always)
    public func send(_ bytes: Span<UInt8>) -> SendResult {
        SystemCalls.send(owned.rawValue, bytes)
    }

    /// What the peer's system has not acknowledged (`SIOCOUTQ`, tcp(7) and unix(7)); nil where the system does not tell.
    public var untakenCount: Int? { SystemCalls.untakenCount(owned.rawValue) }

    /// Shuts the sending direction down.
    public func finishSending() {
        guard owned.rawValue >= 0 else { return }
        SystemCalls.finishSending(owned.rawValue)
    }

    /// Closes the socket; with `abort`, by a reset (SO_LINGER 0). Calling it again does nothing.
    public func close(abort: Bool) {
        guard owned.rawValue >= 0 else { return }
        if abort { SystemCalls.setAbortOnClose(owned) }
        takeDescriptor().close()
    }

    /// Gives the socket away: this transport is closed for its owner, and the stream goes on elsewhere.
    public func takeDescriptor() -> FileDescriptor {
        exchange(&owned, with: .none)
    }
}

extension SocketTransport {
    /// Starts a connection to a numeric address or a path.
    ///
    /// The transport becomes writable when the connection is made or has failed; ask
    /// ``connectionError()`` then.
    ///
    /// - Throws: `IOError` when the address is not numeric (`EINVAL`), or the connection is refused at once.
    public static func connecting(to address: SocketAddress) throws(IOError) -> SocketTransport {
        let target = try SystemCalls.numeric(address)
        let descriptor = try SystemCalls.makeSocket(family: target.family)
        if target.isIP { try SystemCalls.setNoDelay(descriptor) }
        _ = try SystemCalls.connect(descriptor, to: target)
        return SocketTransport(descriptor)
    }

    /// Why a connection that was started could not be made; nil when it was.
    public func connectionError() -> IOError? {
        do throws(IOError) {
            let code = try SystemCalls.option(owned, level: SOL_SOCKET, name: SO_ERROR)
            return code == 0 ? nil : IOError("connect", code: code)
        } catch {
            return error
        }
    }

    /// Two ends of one stream, both in this process.
    ///
    /// - Throws: `IOError` when no descriptor is left.
    public static func pair() throws(IOError) -> (SocketTransport, SocketTransport) {
        let pair = try SystemCalls.makeSocketPair()
        return (SocketTransport(pair.first), SocketTransport(pair.second))
    }
}
