/// What a slow receiver takes of what it was sent, by what its transport tells.
///
/// A byte is not enough where a socket holds a mebibyte: the system of a peer that reads nothing still takes a little when a
/// zero-window probe asks whether it has room (RFC 9293 §3.8.6.1); 2 KiB were seen on loopback, after 25 seconds.
struct Drain {
    /// How often a transport is asked at least. A stall is told of so much late at most.
    static let interval = Duration.milliseconds(250)
    /// The part of what was not taken that counts as taking some.
    private static let share = 512

    private var untaken: Int
    /// Bytes taken since they were last enough.
    private var taken = 0
    private var enough: Int

    /// A drain that begins with so many bytes that were sent and not taken.
    init(untaken: Int) {
        self.untaken = untaken
        enough = max(untaken / Self.share, 1)
    }

    /// Notes how many bytes are not taken now, `sent` having been sent more; whether enough of them are taken since that was
    /// last so.
    mutating func note(_ count: Int, after sent: Int) -> Bool {
        taken &+= max(untaken &+ sent &- count, 0)
        untaken = count
        guard taken >= enough else { return false }
        self = Drain(untaken: count)
        return true
    }
}
