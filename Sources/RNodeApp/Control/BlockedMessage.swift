internal import RNodeRooms
internal import RNodeWS

/// What a client is told when its message did not go on.
struct BlockedMessage: Sendable {
    /// Who stopped it.
    enum Code: String, Sendable {
        /// A callback cancelled.
        case byHandler = "blocked_by_handler"
        /// A callback threw.
        case handlerFailed = "handler_failed"
        /// The connection sends too fast.
        case rateLimited = "rate_limited"
    }

    /// Why, for a person.
    var reason: String
    /// The event that stopped it, such as `room_message`.
    var event: String
    var code: Code
    /// The room it was meant for.
    var room: RoomID?

    /// How many bytes of the original are given back.
    static let originalBytesMax = 1024

    /// How many of the first bytes of `original` are given back: whole characters only.
    static func prefixCount(of original: Span<UInt8>) -> Int {
        guard original.count > originalBytesMax else { return original.count }
        var count = originalBytesMax
        // Not before a continuation byte; valid UTF-8 has at most three in a row.
        while count > originalBytesMax &- 4, original[count] & 0xC0 == 0x80 { count &-= 1 }
        return count
    }
}
