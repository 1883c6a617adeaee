internal import Synchronization

/// One connection as the rooms see it: who it is and where to reach it.
///
/// Make one for each connection, at the latest before its first join, and give that same object to
/// every `reserve` and to `leaveAll`. A member that left all rooms is gone for good: a join that
/// was still under way then finds it gone, so nothing of a closed connection can stay behind.
public final class Member: Sendable {
    /// The connection's id.
    public let id: MemberID
    /// The name the client goes by; several members may share one.
    public let clientID: String
    /// The number of the event loop that owns the connection.
    public let loop: Int
    /// Where the loop finds the connection: for example its slot and generation. Opaque here.
    public let location: UInt64

    private let gone = Atomic<Bool>(false)

    /// A member that is in no room yet.
    public init(id: MemberID, clientID: String, loop: Int, location: UInt64) {
        self.id = id
        self.clientID = clientID
        self.loop = loop
        self.location = location
    }

    /// Whether the connection closed: no room takes this member any more.
    public var isGone: Bool { gone.load(ordering: .acquiring) }

    /// Notes that the connection closed. `leaveAll` does it too; calling this first, where the close
    /// is noticed, spares joins that would be undone at once.
    public func markGone() { gone.store(true, ordering: .releasing) }
}
