/// Deflates messages as permessage-deflate sends them (RFC 7692 §7.2.1).
///
/// Each message may refer to those before it, as far as the window goes, until `reset`. Memory is
/// `byteCount`. Not `Sendable`: it stays on its loop.
public final class Deflater {
    private var stream: ZlibStream
    /// How many messages it has deflated.
    public private(set) var messageCount = 0

    /// A deflater; nil when a value is out of its range, or there is no memory.
    ///
    /// `level` 1…9, `windowBits` 9…15, `memoryLevel` 1…9, as zlib's `deflateInit2` has them. zlib
    /// can't deflate into a window of 8 bits.
    public convenience init?(level: Int, windowBits: Int, memoryLevel: Int) {
        self.init(level: level, windowBits: windowBits, memoryLevel: memoryLevel, memory: nil)
    }

    /// The same, with zlib's memory from `memory`.
    init?(level: Int, windowBits: Int, memoryLevel: Int, memory: ZlibMemory?) {
        guard (1...9).contains(level), (9...15).contains(windowBits),
            (1...9).contains(memoryLevel),
            let stream = ZlibStream(
                level: level, windowBits: windowBits, memoryLevel: memoryLevel, memory: memory)
        else { return nil }
        self.stream = stream
    }

    /// What such a deflater takes of memory, by zlib's own account (zconf.h) and its fixed part.
    public static func byteCount(windowBits: Int, memoryLevel: Int) -> Int {
        let window = min(max(windowBits, 9), 15)
        let level = min(max(memoryLevel, 1), 9)
        return (1 << (window &+ 2)) &+ (1 << (level &+ 9)) &+ 8_192
    }

    /// Appends `message` deflated, up to a byte's end, without the four bytes 00 00 FF FF that the
    /// peer puts back. False, and nothing appended, when zlib failed; it has been reset then.
    public func deflate(_ message: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        guard !message.isEmpty else {
            // zlib flushes nothing twice: an empty block, of which the flush's bytes are the rest (RFC 7692 §7.2.3.6).
            output.append(0x00)
            messageCount &+= 1
            return true
        }
        let start = output.count
        guard write(message, &output), output.count &- start > 4 else {
            output.truncate(to: start)
            reset()
            return false
        }
        output.truncate(to: output.count &- 4)
        messageCount &+= 1
        return true
    }

    private func write(_ message: Span<UInt8>, _ output: inout ByteBuffer) -> Bool {
        var offset = 0
        while true {
            let rest = message.extracting(offset...)
            // More than the six bytes that a flush may need, or it would be flushed again.
            let room = min(rest.count &+ 64, 16_384)
            var done = ZlibStream.Step()
            output.append(count: room) { bytes in
                done = stream.deflate(rest, into: &bytes)
                return done.produced
            }
            guard done.status == .ok else { return false }
            offset &+= done.consumed
            if done.produced < room { return offset == message.count }
        }
    }

    /// Forgets all messages: the next one stands for itself.
    public func reset() {
        stream.reset()
    }
}
