/// What came of asking a listener for a connection.
public enum AcceptResult {
    /// A peer is there.
    case accepted(any Transport, remote: SocketAddress)
    /// Nobody waits: wait for `readable`.
    case wouldBlock
    /// A peer left before it was accepted, or the call was interrupted: ask again.
    case retry(IOError)
    /// The process or the system has no descriptor or memory left for now: ask again later.
    case exhausted(IOError)
    /// The listener is broken.
    case failed(IOError)
}

/// Where streams come from: the seam above a listening socket. The default is ``SocketListener``.
///
/// Used by the thread of the loop that owns it only. One of your own is held against
/// `ListenerConformance` of `RNodeTesting`.
public protocol Listener: AnyObject {
    /// What the loop's backend watches for `readable`.
    var descriptor: Int32 { get }

    /// The address it is bound to, with the real port when port 0 was asked for.
    var address: SocketAddress { get }

    /// Takes the next waiting peer. Never blocks.
    func accept() -> AcceptResult

    /// Whether descriptors are likely to be free again, after `accept` said `exhausted`. True unless implemented.
    func hasRoom() -> Bool

    /// Stops listening. Called once.
    func close()
}

extension Listener {
    /// True: the next `accept` will tell.
    public func hasRoom() -> Bool { true }
}
