internal import RNodeIO

/// What becomes of messages to a client that does not read them as fast as they come.
///
/// A route's option. A client is slow when it has left something unread of what was sent to it, and its queue is full when
/// more bytes wait than the route's hard cap allows. Messages are what may be dropped: those of rooms, direct messages,
/// broadcasts, and what callbacks send. The protocol's own answers (`welcome`, acks, errors, pongs and the like) and
/// WebSocket control frames never are; nor is a message that has begun to be sent. Dropped messages are counted as
/// `messages_dropped_total`, and `onError` says so, at most once a second, with the `errorType` `slow_consumer`; a
/// raw route has no `onError`, and is counted only.
public struct SlowConsumerPolicy: Sendable {
    let overflow: OverflowPolicy
    let key: (@Sendable (Span<UInt8>) -> String?)?

    /// Its name.
    var summary: String { overflow == .refuse ? "close" : "\(overflow)" }

    /// The connection is closed with 1013 "slow consumer". The default: nothing is lost without the client's knowing.
    public static let close = SlowConsumerPolicy(overflow: .refuse, key: nil)
    /// The messages that have waited longest are dropped: for live values, where the newest count.
    public static let dropOldest = SlowConsumerPolicy(overflow: .dropOldest, key: nil)
    /// The new message is dropped: where what was said first is to arrive first.
    public static let dropNewest = SlowConsumerPolicy(overflow: .dropNewest, key: nil)

    /// Of the messages with the same key only the newest waits for a slow receiver, in the place of the one it replaces.
    ///
    /// `key` is given the message as it would be sent, before compression: on a raw route the payload, on others the JSON
    /// text. It is called on the loop for slow receivers only, must be quick, and returns nil for a message that is to be
    /// kept beside all others. When the queue is full for all that, the connection is closed with 1013.
    public static func conflate(
        key: @escaping @Sendable (Span<UInt8>) -> String?
    ) -> SlowConsumerPolicy {
        SlowConsumerPolicy(overflow: .conflate, key: key)
    }
}
