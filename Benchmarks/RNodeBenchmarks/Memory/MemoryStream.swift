import RNodeIO

/// A stream that gives the loop the bytes it was given, and counts those it is sent.
final class MemoryStream: Transport {
    let descriptor: Int32
    /// How many bytes the server has sent.
    private(set) var sentCount = 0
    /// What the server has sent, while it is kept.
    private var sent = ByteBuffer()
    /// Whether what is sent is kept: for looking at answers, not for measuring.
    var keepsWhatIsSent = false

    private unowned let backend: MemoryBackend
    private var input: [UInt8] = []
    private var offset = 0
    private var isFinished = false
    /// Whether it begins anew once all its bytes were read.
    private var repeats = false

    init(descriptor: Int32, backend: MemoryBackend) {
        self.descriptor = descriptor
        self.backend = backend
    }

    /// Makes it a new stream.
    func reopen() {
        sentCount = 0
        sent.removeAll()
        keepsWhatIsSent = false
        input = []
        offset = 0
        isFinished = false
        repeats = false
    }

    /// Whether a read would find something.
    var isReadable: Bool { offset < input.count || isFinished }

    /// Takes what was kept.
    func takeSent() -> [UInt8] {
        let bytes = sent.copied()
        sent.removeAll()
        return bytes
    }

    /// Gives the server bytes to read. Those before must have been read.
    func give(_ bytes: [UInt8]) {
        input = bytes
        offset = 0
        repeats = false
        backend.becameReadable(descriptor)
    }

    /// Has each turn that says so find these bytes, with nothing else to do for it: what is measured then is the server.
    func giveEachTurn(_ bytes: [UInt8]) {
        input = bytes
        offset = 0
        repeats = true
    }

    /// The peer has sent everything.
    func finish() {
        isFinished = true
        repeats = false
        backend.becameReadable(descriptor)
    }

    // MARK: - Transport

    // Inlined into what the loop calls: what stands for the kernel is to take no more instructions than a call of it.
    @inline(__always)
    func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        let count = min(bytes.count, input.count &- offset)
        guard count > 0 else { return isFinished ? .finished : .wouldBlock }
        copy(count, to: &bytes)
        if repeats, count == input.count { return .bytes(count) }
        offset &+= count
        if offset < input.count {
            backend.becameReadable(descriptor)
        } else if repeats {
            offset = 0
        }
        return .bytes(count)
    }

    /// A copy as the kernel makes it: byte by byte it would be most of what is measured. Up to 32 bytes by their two ends,
    /// which may overlap, for a call of memmove would be a part of it.
    @inline(__always)
    private func copy(_ count: Int, to bytes: inout MutableSpan<UInt8>) {
        // SAFETY: both buffers are lent for these closures, and both have `count` bytes there.
        unsafe bytes.withUnsafeMutableBytes { target in
            unsafe input.withUnsafeBytes { source in
                let from = unsafe source.baseAddress.unsafelyUnwrapped + offset
                let to = unsafe target.baseAddress.unsafelyUnwrapped
                guard count >= 16, count <= 32 else {
                    return unsafe to.copyMemory(from: from, byteCount: count)
                }
                let last = count &- 16
                let first = unsafe from.loadUnaligned(as: SIMD2<UInt64>.self)
                let end = unsafe from.loadUnaligned(
                    fromByteOffset: last, as: SIMD2<UInt64>.self)
                unsafe to.storeBytes(of: first, as: SIMD2<UInt64>.self)
                unsafe to.storeBytes(of: end, toByteOffset: last, as: SIMD2<UInt64>.self)
            }
        }
    }

    @inline(__always)
    func send(_ bytes: Span<UInt8>) -> SendResult {
        sentCount &+= bytes.count
        if keepsWhatIsSent { keep(bytes) }
        return .bytes(bytes.count)
    }

    @inline(never)
    private func keep(_ bytes: Span<UInt8>) { sent.append(bytes) }

    /// A peer that is sent the end ends as well.
    func finishSending() { finish() }

    func close(abort: Bool) { backend.takeBack(self) }
}
