#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A listening TCP or Unix socket: the default ``Listener``.
///
/// ``bind(to:count:backlog:)`` makes one for each loop. A listener is moved to its loop before use, and used by
/// that loop's thread only.
public final class SocketListener: Listener {
    /// Where it listens, with the real port.
    public let address: SocketAddress
    private var owned: FileDescriptor
    private let file: SystemCalls.FileIdentity?
    /// Given up for a moment when no other descriptor is left.
    private var reserve = SystemCalls.openReserve()

    init(
        _ descriptor: consuming FileDescriptor, address: SocketAddress,
        file: SystemCalls.FileIdentity? = nil
    ) {
        owned = descriptor
        self.address = address
        self.file = file
    }

    deinit {
        removeFile()
    }

    /// The listening socket, or -1 once closed.
    public var descriptor: Int32 { owned.rawValue }

    /// Takes the next waiting peer with one call of `accept4`. Peers of a TCP listener have TCP_NODELAY
    /// set, which they inherit.
    ///
    /// When the process or the system has no descriptor left, the peer that waits longest is closed at once, by means of
    /// a descriptor that is kept in reserve for this: it need not hang until somebody else's connection ends.
    public func accept() -> AcceptResult {
        var peer = SystemAddress()
        do throws(IOError) {
            let accepted = try SystemCalls.accept(owned.rawValue, peer: &peer)
            return .accepted(SocketTransport(accepted), remote: peer.socketAddress)
        } catch {
            return answer(to: error)
        }
    }

    /// Says what an error of accepting means, and turns somebody away when no descriptor is left.
    func answer(to error: IOError) -> AcceptResult {
        if error.code == EMFILE || error.code == ENFILE { turnAway() }
        return SocketListener.result(of: error)
    }

    /// What `accept` says of a socket that was accepted for this listener; its peer may have left since.
    func admit(_ accepted: consuming FileDescriptor) -> AcceptResult {
        do throws(IOError) {
            let peer = try SystemCalls.peerAddress(accepted)
            return .accepted(SocketTransport(accepted), remote: peer.socketAddress)
        } catch {
            return .retry(error)
        }
    }

    private func turnAway() {
        exchange(&reserve, with: .none).close()
        var peer = SystemAddress()
        do throws(IOError) {
            try SystemCalls.accept(owned.rawValue, peer: &peer).close()
        } catch {
            // Nobody waits any more, or another thread took the descriptor.
        }
        reserve = SystemCalls.openReserve()
    }

    /// Tries it: whether a descriptor beside the one in reserve can be had.
    public func hasRoom() -> Bool {
        if reserve.rawValue < 0 { reserve = SystemCalls.openReserve() }
        let probe = SystemCalls.openReserve()
        let isThere = reserve.rawValue >= 0 && probe.rawValue >= 0
        probe.close()
        return isThere
    }

    /// Closes the socket; the file of a Unix address is removed if it is still this listener's.
    ///
    /// Peers that wait in this listener's queue are reset by the kernel: accept until `wouldBlock` first.
    /// Calling it again does nothing.
    public func close() {
        guard owned.rawValue >= 0 else { return }
        removeFile()
        exchange(&owned, with: .none).close()
        exchange(&reserve, with: .none).close()
    }

    private func removeFile() {
        guard owned.rawValue >= 0, let file, case .unix(let path) = address,
            let found = try? SystemCalls.socketFile(at: path), found == file
        else { return }
        // A file that cannot be removed is found dead by the next listener, and replaced then.
        try? SystemCalls.removeFile(at: path)
    }

    /// What an error of `accept` means: accept(2) reports what became of the next peer as its own error.
    static func result(of error: IOError) -> AcceptResult {
        switch error.code {
        case EAGAIN, EWOULDBLOCK: return .wouldBlock
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(error)
        case EINTR, ECONNABORTED, ECONNRESET, EPROTO, EPERM, ETIMEDOUT: return .retry(error)
        case ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP:
            return .retry(error)
        default:
            #if os(Linux)
                if error.code == ENONET { return .retry(error) }
            #endif
            return .failed(error)
        }
    }
}
