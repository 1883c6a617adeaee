/// Inflates messages as permessage-deflate brings them (RFC 7692 §7.2.2), in bounded steps.
///
/// Each message may refer to those before it, as far as the window goes, until `reset`. After an
/// error it is of no more use. Not `Sendable`: it stays on its loop.
public final class Inflater {
    /// The most that one step produces; what exceeds a limit is found after one step at the latest.
    public static let stepBytesMax = 16_384
    /// The least room for a step.
    private static let roomBytesMin = 512
    /// Room for what the end brings: nothing, after a step that was not full.
    private static let endRoomBytes = 16

    private var stream: ZlibStream
    /// Bytes taken, and bytes produced, of the message at hand.
    private var messageConsumed = 0
    private var messageProduced = 0
    /// Whether all that was taken ends where a message may end.
    private var isAtBoundary = false
    /// Bytes ever produced, those that were over a limit included: what tests of bombs count.
    public private(set) var producedCount = 0
    /// The most that any message inflated to, in times of what came of it, rounded up; of one that was cut off, until then.
    private(set) var highestRatio = 0

    /// An inflater for a peer's window; nil when `windowBits` is not 8…15, or there is no memory.
    public convenience init?(windowBits: Int) {
        self.init(windowBits: windowBits, memory: nil)
    }

    /// The same, with zlib's memory from `memory`.
    init?(windowBits: Int, memory: ZlibMemory?) {
        // zlib's deflate has always made 9 of 8, in some versions without saying so.
        guard (8...15).contains(windowBits),
            let stream = ZlibStream(inflatingWindowBits: max(windowBits, 9), memory: memory)
        else { return nil }
        self.stream = stream
    }

    /// What such an inflater takes of memory: the window, and zlib's fixed part.
    public static func byteCount(windowBits: Int) -> Int {
        (1 << min(max(windowBits, 9), 15)) &+ 8_192
    }

    /// Appends what the next `payload` of a message means to `message`, up to `bytesMax` bytes in it.
    ///
    /// What is there already counts, and `message` is never given room for more than `bytesMax` bytes and
    /// one, by which an excess is seen. While it grows, its old place and its new one hold no more together.
    ///
    /// Throws `messageTooBig` when there is more, once `message` is full to the byte;
    /// `inflateRatioExceeded` when a message has grown to more than `ratioMax` times what came of it,
    /// looked at after each 16 KiB; `extensionPayloadInvalid` for what is no such stream, a reference to bytes that have left
    /// the window (one that goes beyond it to bytes which are still at hand is followed, as zlib does), or a
    /// message that stops in the middle of a block; `outOfMemory` when zlib gets none.
    public func inflate(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, ratioMax: Int? = nil,
        into message: inout ByteBuffer
    ) throws(WebSocketError) {
        do throws(WebSocketError) {
            // Short messages get little room, which doubles as they turn out to be long ones.
            let guess = max(Self.roomBytesMin, min(payload.count, Self.stepBytesMax) &* 6)
            try take(payload, guess, bytesMax, ratioMax, &message)
        } catch {
            noteRatio()
            throw error
        }
        guard endOfMessage else { return }
        noteRatio()
        // The sender left these away (RFC 7692 §7.2.1).
        let tail: InlineArray<4, UInt8> = [0x00, 0x00, 0xFF, 0xFF]
        try take(tail.span, Self.endRoomBytes, bytesMax, ratioMax, &message)
        guard isAtBoundary else { throw .extensionPayloadInvalid }
        messageConsumed = 0
        messageProduced = 0
        isAtBoundary = false
    }

    private func noteRatio() {
        guard messageConsumed > 0 else { return }
        let (times, rest) = messageProduced.quotientAndRemainder(dividingBy: messageConsumed)
        highestRatio = max(highestRatio, times &+ (rest > 0 ? 1 : 0))
    }

    private func take(
        _ payload: Span<UInt8>, _ firstRoom: Int, _ bytesMax: Int, _ ratioMax: Int?,
        _ message: inout ByteBuffer
    ) throws(WebSocketError) {
        var offset = 0
        var guess = firstRoom
        while true {
            let rest = payload.extracting(offset...)
            let room = room(guess, bytesMax &- message.count)
            // With the one byte more, and never beyond it, however long the message gets.
            message.reserve(room, within: min(max(bytesMax, 0), Int.max &- 1) &+ 1)
            let step = step(rest, room, &message)
            offset &+= step.consumed
            messageConsumed &+= step.consumed
            messageProduced &+= step.produced
            producedCount &+= step.produced
            if message.count > bytesMax {
                message.truncate(to: bytesMax)
                throw .messageTooBig
            }
            let hasEnded = try judge(step)
            try checkRatio(ratioMax)
            // Behind an end little may come, and again an end: room is zeroed before it is used.
            guess = hasEnded ? Self.roomBytesMin : min(guess &* 2, Self.stepBytesMax)
            // A full step may have left something behind.
            if step.produced == room { continue }
            if offset == payload.count { return }
            // There was room, and there is input: only the end of a stream may stop here.
            guard hasEnded else { throw .extensionPayloadInvalid }
        }
    }

    /// How much the next step may produce: up to the next whole 16 KiB of the message, and one byte more than the
    /// limit allows, so that an excess is seen.
    private func room(_ guess: Int, _ left: Int) -> Int {
        let upToWhole = Self.stepBytesMax &- messageProduced % Self.stepBytesMax
        return min(guess, upToWhole, min(max(left, 0), Self.stepBytesMax) &+ 1)
    }

    private func step(
        _ payload: Span<UInt8>, _ room: Int, _ message: inout ByteBuffer
    ) -> ZlibStream.Step {
        var done = ZlibStream.Step()
        message.append(count: room) { bytes in
            done = stream.inflate(payload, into: &bytes)
            return done.produced
        }
        return done
    }

    /// Whether a stream has ended, behind which another may begin; throws for what can't be inflated.
    private func judge(_ step: ZlibStream.Step) throws(WebSocketError) -> Bool {
        switch step.status {
        case .ok:
            if step.consumed > 0 || step.produced > 0 { isAtBoundary = step.isAtBoundary }
            return false
        case .end:
            // A block may be marked as the last one; the message goes on with the next (RFC 7692 §7.2.3.4).
            stream.continueBehindEnd()
            isAtBoundary = true
            return true
        case .memory: throw .outOfMemory
        case .failed: throw .extensionPayloadInvalid
        }
    }

    private func checkRatio(_ ratioMax: Int?) throws(WebSocketError) {
        guard let ratioMax, messageProduced % Self.stepBytesMax == 0, messageProduced > 0 else {
            return
        }
        let (most, isHuge) = messageConsumed.multipliedReportingOverflow(by: ratioMax)
        if !isHuge, messageProduced > most { throw .inflateRatioExceeded }
    }

    /// Forgets all messages, and what was taken of one.
    public func reset() {
        stream.reset()
        messageConsumed = 0
        messageProduced = 0
        isAtBoundary = false
    }
}
