/// How a side deflates: whoever has the same encoding can be sent the same bytes.
public struct DeflateEncoding: Hashable, Sendable, BitwiseCopyable {
    /// 1…9.
    public let level: Int
    /// The window is 2^this bytes, 9…15.
    public let windowBits: Int
    /// 1…9.
    public let memoryLevel: Int
    /// The shortest message that is deflated.
    public let minimumBytes: Int

    init(_ options: DeflateOptions, windowBits: Int) {
        level = options.level
        self.windowBits = windowBits
        memoryLevel = options.memoryLevel
        minimumBytes = max(1, options.minimumBytes)
    }

    /// What a deflater for it takes of memory.
    var byteCount: Int {
        Deflater.byteCount(windowBits: windowBits, memoryLevel: memoryLevel)
    }

    func makeDeflater(memory: ZlibMemory?) -> Deflater? {
        Deflater(
            level: level, windowBits: windowBits, memoryLevel: memoryLevel, memory: memory)
    }
}
