internal import CZlib

/// One raw stream of zlib (RFC 1951), and its only owner.
///
/// No return code is passed over: what is no success is `failed`, and the caller gives the stream up. When a
/// reset was none, the next call is `failed`. Only at its end a stream is not asked how it went.
@safe
struct ZlibStream: ~Copyable {
    /// How a call went.
    enum Status {
        /// Well; or there was nothing to do.
        case ok
        /// The stream's last block has ended.
        case end
        /// There is no memory.
        case memory
        /// What came is no such stream.
        case failed
    }

    /// What a call did.
    struct Step {
        let status: Status
        let consumed: Int
        let produced: Int
        /// Inflating: the stream stands behind a whole block, at the beginning of a byte.
        let isAtBoundary: Bool

        /// Nothing was done.
        init() {
            status = .ok
            consumed = 0
            produced = 0
            isAtBoundary = false
        }

        init(_ step: czlib_step) {
            status =
                switch step.status {
                case CZLIB_OK, CZLIB_BUFFER_ERROR: .ok
                case CZLIB_STREAM_END: .end
                case CZLIB_MEMORY_ERROR: .memory
                default: .failed
                }
            consumed = Int(clamping: step.consumed)
            produced = Int(clamping: step.produced)
            isAtBoundary = step.is_at_boundary != 0
        }
    }

    // SAFETY: made by `init`, freed by `deinit`, used by nobody else. Input and output are lent to C for one call;
    // their lengths go along, and C forgets both before it returns. Loop's thread only: not Sendable.
    private let stream: OpaquePointer
    /// Where the stream's memory is from, which C knows without owning it; nil for the C library's.
    private let memory: ZlibMemory?

    /// A stream that deflates; nil when a value is out of its range, or there is no memory.
    init?(level: Int, windowBits: Int, memoryLevel: Int, memory: ZlibMemory?) {
        let made = unsafe ZlibStream.withFunctions(of: memory) {
            unsafe czlib_deflater(
                Int32(clamping: level), Int32(clamping: windowBits), Int32(clamping: memoryLevel),
                $0)
        }
        guard let made = unsafe made else { return nil }
        unsafe stream = made
        self.memory = memory
    }

    /// A stream that inflates; nil when the value is out of its range, or there is no memory.
    init?(inflatingWindowBits windowBits: Int, memory: ZlibMemory?) {
        let made = unsafe ZlibStream.withFunctions(of: memory) {
            unsafe czlib_inflater(Int32(clamping: windowBits), $0)
        }
        guard let made = unsafe made else { return nil }
        unsafe stream = made
        self.memory = memory
    }

    // SAFETY: C keeps a copy of the functions, and `memory` for as long as the stream is there, which holds it. What
    // zlib asks for is its own to write and to give back, once.
    private static func withFunctions(
        of memory: ZlibMemory?, _ make: (UnsafePointer<czlib_memory>?) -> OpaquePointer?
    ) -> OpaquePointer? {
        guard let memory else { return unsafe make(nil) }
        var functions = unsafe czlib_memory(
            context: Unmanaged.passUnretained(memory).toOpaque(),
            allocate: { context, count, size in
                guard let memory = unsafe ZlibStream.memory(context), memory.grants() else {
                    return nil
                }
                return UnsafeMutableRawPointer.allocate(
                    byteCount: Int(clamping: count) &* Int(clamping: size), alignment: 16)
            },
            release: { context, bytes in
                unsafe ZlibStream.memory(context)?.noteRelease()
                unsafe bytes?.deallocate()
            })
        return unsafe make(&functions)
    }

    // SAFETY: the context is what `withFunctions` gave to C.
    private static func memory(_ context: UnsafeMutableRawPointer?) -> ZlibMemory? {
        unsafe context.map { unsafe Unmanaged<ZlibMemory>.fromOpaque($0).takeUnretainedValue() }
    }

    deinit {
        unsafe czlib_free(stream)
    }

    /// Deflates, and flushes to the end of a byte.
    mutating func deflate(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Step {
        unsafe input.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBytes { output in
                Step(
                    unsafe czlib_deflate(
                        stream, input.baseAddress, UInt32(clamping: input.count),
                        output.baseAddress, UInt32(clamping: output.count), 1))
            }
        }
    }

    /// Inflates what there is input and room for.
    mutating func inflate(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Step {
        unsafe input.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBytes { output in
                Step(
                    unsafe czlib_inflate(
                        stream, input.baseAddress, UInt32(clamping: input.count),
                        output.baseAddress, UInt32(clamping: output.count)))
            }
        }
    }

    /// Makes it as good as new: what was before leaves no trace in what comes.
    mutating func reset() {
        unsafe czlib_reset(stream)
    }

    /// Inflating: a new stream begins, which may refer to what was before.
    mutating func continueBehindEnd() {
        unsafe czlib_continue(stream)
    }
}
