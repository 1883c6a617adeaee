import Glibc
import RNodeBytes
import RNodeIO

/// A ring that costs next to nothing, for `IOUring` over the streams of a ``MemoryBackend``: operations complete as they are
/// submitted.
///
/// It allocates nothing once as many streams were open as ever will be, and checks nothing: `ScriptedRing` of RNodeTesting does.
@safe
final class MemoryRing: CompletionRing {
    let bufferCount = 128
    let bufferBytes = 20_480
    private let backend: MemoryBackend
    // SAFETY: bufferCount buffers of bufferBytes, made by `init` and freed by `deinit`. A buffer is written while it is offered
    // and read while it is not; its number is one that was offered, and a count is at most bufferBytes.
    private let buffers: UnsafeMutableRawBufferPointer
    private var offered: [UInt16] = []
    /// For each descriptor, what receives from it and what polls it; 0 for nothing.
    private var receives: [UInt64] = []
    private var polls: [UInt64] = []
    @safe
    private struct Send {
        let operation: UInt64
        let descriptor: Int32
        // SAFETY: as `send` says of its bytes; read before its completion only.
        let bytes: UnsafeRawBufferPointer
    }
    private var sends: [Send] = []
    private var done: [RingCompletion] = []
    private var events: [BackendEvent] = []

    init(_ backend: MemoryBackend) {
        self.backend = backend
        unsafe buffers = .allocate(byteCount: bufferCount * bufferBytes, alignment: 16)
        unsafe buffers.initializeMemory(as: UInt8.self, repeating: 0)
        offered.reserveCapacity(bufferCount)
    }

    deinit { unsafe buffers.deallocate() }

    /// Whether a submission would do something.
    var isReady: Bool { backend.isReady || !done.isEmpty || !sends.isEmpty }

    // MARK: - CompletionRing

    func serves(_ transport: any Transport) -> Bool { transport is MemoryStream }

    func isOpen(_ descriptor: Int32) -> Bool { true }

    func receive(_ descriptor: Int32, as operation: UInt64) -> Bool {
        watch(descriptor)
        receives[Int(descriptor)] = operation
        return true
    }

    func poll(
        _ descriptor: Int32, for interest: Readiness, repeats: Bool, as operation: UInt64
    ) -> Bool {
        // A hang-up: none of these streams has one.
        guard interest.contains(.readable) else { return true }
        watch(descriptor)
        polls[Int(descriptor)] = operation
        return true
    }

    private func watch(_ descriptor: Int32) {
        while receives.count <= Int(descriptor) {
            receives.append(0)
            polls.append(0)
        }
        // Events are told apart by their descriptors. Adding one that is added already does no harm.
        try? backend.add(descriptor, interest: .readable, token: UInt64(descriptor))
    }

    func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, as operation: UInt64) -> Bool {
        // SAFETY: as at `Send`.
        sends.append(unsafe Send(operation: operation, descriptor: descriptor, bytes: bytes))
        return true
    }

    /// There is no socket to accept from.
    func accept(_ descriptor: Int32, as operation: UInt64) -> Bool { false }

    func cancel(_ operation: UInt64, as cancelling: UInt64) -> Bool {
        end { $0 == operation }
        return true
    }

    func cancelAll(of descriptor: Int32, as cancelling: UInt64) -> Bool {
        let (receive, poll) = (receives[Int(descriptor)], polls[Int(descriptor)])
        end { $0 == receive || $0 == poll }
        return true
    }

    private func end(where isMeant: (UInt64) -> Bool) {
        for descriptor in receives.indices {
            if receives[descriptor] != 0, isMeant(receives[descriptor]) {
                complete(&receives[descriptor], 0 - ECANCELED)
            }
            if polls[descriptor] != 0, isMeant(polls[descriptor]) {
                complete(&polls[descriptor], 0 - ECANCELED)
            }
        }
    }

    private func complete(_ operation: inout UInt64, _ result: Int32) {
        done.append(RingCompletion(operation: operation, result: result))
        operation = 0
    }

    func submit() {
        for send in sends {
            // SAFETY: it has not completed.
            let bytes = unsafe Span<UInt8>(_bytes: send.bytes.bytes)
            _ = backend.stream(send.descriptor).send(bytes)
            done.append(RingCompletion(operation: send.operation, result: Int32(bytes.count)))
        }
        sends.removeAll(keepingCapacity: true)
        _ = backend.wait(until: nil, into: &events)
        for event in events { serve(Int(event.token)) }
    }

    private func serve(_ descriptor: Int) {
        if polls[descriptor] != 0 {
            complete(&polls[descriptor], Int32(Readiness.readable.rawValue))
        }
        let operation = receives[descriptor]
        guard operation != 0 else { return }
        guard let number = offered.popLast() else {
            return complete(&receives[descriptor], 0 - ENOBUFS)
        }
        let start = Int(number) * bufferBytes
        let buffer = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffers[start..<(start + bufferBytes)])
        var span = unsafe MutableSpan<UInt8>(_unsafeBytes: buffer)
        switch backend.stream(Int32(descriptor)).receive(into: &span) {
        case .bytes(let count):
            done.append(
                RingCompletion(
                    operation: operation, result: Int32(count), continues: true, buffer: number))
        case .finished:
            offered.append(number)
            complete(&receives[descriptor], 0)
        case .wouldBlock, .failed: offered.append(number)
        }
    }

    func wait(nanoseconds: Int64?) -> Bool {
        submit()
        return false
    }

    func takeCompletions(into completions: inout [RingCompletion]) -> Bool {
        completions.append(contentsOf: done)
        done.removeAll(keepingCapacity: true)
        return !completions.isEmpty
    }

    func withBuffer<Result>(
        _ number: UInt16, count: Int, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        let start = Int(number) * bufferBytes
        let filled = unsafe UnsafeRawBufferPointer(rebasing: buffers[start..<(start + count)])
        return unsafe body(Span<UInt8>(_unsafeBytes: filled))
    }

    func offer(_ number: UInt16) { offered.append(number) }

    var waker: any BackendWaker { backend.waker }
    func watchWaker(as operation: UInt64) -> Bool { true }
    func acknowledgeWake(isWatched: Bool) {}
    var now: MonotonicInstant { backend.now }
    var wallClockMilliseconds: Int64 { backend.wallClockMilliseconds }
}
