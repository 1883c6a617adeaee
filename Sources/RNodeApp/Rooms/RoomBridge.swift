internal import Synchronization

/// Delivers what other nodes publish to the members on this one.
struct RoomBridge: RoomDelivery {
    // Weak: a broker of the user's may keep its bridge for longer than the loops run.
    private(set) weak var core: AppCore?

    init(core: AppCore) {
        self.core = core
    }

    func deliver(_ payload: Span<UInt8>, to room: RoomID) {
        guard let core,
            let publication = NodePublication(payload, limits: core.configuration.json)
        else { return }
        for loop in core.loops {
            let isTaken = loop.eventLoop.postDroppable { _ in
                guard let local = loop.rooms.room(room) else { return }
                loop.deliver(publication, to: local)
            }
            if !isTaken { core.metrics.breached(.mailboxItemsMax) }
        }
    }
}

/// A room message on its way between nodes: one version byte, the sender's id, and the payload as JSON.
final class NodePublication: Sendable {
    let json: [UInt8]
    let clientID: String?
    private let isCounted = Atomic(false)

    private static let version: UInt8 = 1

    init(json: [UInt8], clientID: String?) {
        self.json = json
        self.clientID = clientID
    }

    /// Reads what ``encoded()`` wrote; nil for anything else, which is dropped.
    init?(_ payload: Span<UInt8>, limits: JSONLimits) {
        guard payload.count >= 2, payload[0] == Self.version else { return nil }
        let idCount = Int(payload[1])
        guard idCount <= ClientID.byteCountMax, payload.count > 2 &+ idCount else { return nil }
        let json = payload.extracting((2 &+ idCount)...)
        guard JSONScanner.isOneValue(json, limits: limits) else { return nil }
        let id = payload.extracting(2..<2 &+ idCount).copied()
        guard let text = String(validating: id, as: UTF8.self) else { return nil }
        self.json = json.copied()
        clientID = text.isEmpty ? nil : text
    }

    /// True once: for the loop that counts it, of all that deliver it.
    func claimCount() -> Bool { !isCounted.exchange(true, ordering: .relaxed) }

    func encoded() -> [UInt8] {
        let id = Array((clientID ?? "").utf8.prefix(ClientID.byteCountMax))
        return [Self.version, UInt8(truncatingIfNeeded: id.count)] + id + json
    }
}
