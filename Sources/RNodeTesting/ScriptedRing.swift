package import RNodeBytes
package import RNodeIO

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A ring without a kernel, for `IOUring` over in-memory streams: operations complete when the ``ScriptedBackend`` beneath it
/// says that their descriptors are ready, and a test decides how completions come.
///
/// Never waits. Used by one thread at a time.
package final class ScriptedRing: CompletionRing {
    package let bufferCount: Int
    package let bufferBytes: Int
    /// What tells which streams are ready, by whatever script it has.
    package let kernel: ScriptedBackend
    /// Called with the completions that are to be given: reorder, double, cut off or invent some. What is taken out must come
    /// later, as ``held`` does.
    package var script: ((inout [RingCompletion]) -> Void)?
    /// Whether receiving ends with the bytes it has just brought, without an error, as a kernel may end it.
    package var endsReceiving: (() -> Bool)?
    /// Completions that a script keeps for later; whoever adds some gives them back.
    package var held: [RingCompletion] = []
    /// Whether operations are begun at all: false is a ring that has no room.
    package var hasRoom = true

    @safe
    private enum Kind {
        case receive, cancel, cancelAll
        // SAFETY: as `send` says of its bytes; read until its completion only.
        case send(UnsafeRawBufferPointer)
        case poll(Readiness, repeats: Bool)
    }

    private struct Operation {
        let number: UInt64
        let descriptor: Int32
        var kind: Kind
        /// What a cancelling is for.
        var other: UInt64 = 0
        /// What a poll told last.
        var told: Readiness = []
    }

    /// Of what was sent and cancelled.
    package private(set) var lastBytes: UInt8 = 0
    private var queued: [Operation] = []
    private var active: [Operation] = []
    private var done: [RingCompletion] = []
    private var buffers: [[UInt8]]
    private var offered: [UInt16] = []
    private var watched: [Int32: Readiness] = [:]
    private var events: [BackendEvent] = []

    package init(
        _ kernel: ScriptedBackend, bufferCount: Int = 64, bufferBytes: Int = 4_096
    ) {
        self.kernel = kernel
        self.bufferCount = bufferCount
        self.bufferBytes = bufferBytes
        buffers = Array(repeating: Array(repeating: 0, count: bufferBytes), count: bufferCount)
    }

    /// Whether a completion waits to be given, or an operation could go on.
    package var isReady: Bool {
        !done.isEmpty || !held.isEmpty || !queued.isEmpty || kernel.isWoken
            || active.contains(where: canGoOn)
    }

    private func canGoOn(_ operation: Operation) -> Bool {
        let readiness = kernel.descriptors.source(of: operation.descriptor)?.readiness ?? .failed
        switch operation.kind {
        case .receive: return !readiness.isDisjoint(with: [.readable, .failed])
        case .send: return !readiness.isDisjoint(with: [.writable, .failed])
        case .poll(let interest, let repeats):
            let found = readiness.intersection(interest.union(.failed))
            return !found.isEmpty && !(repeats && operation.told == found)
        case .cancel, .cancelAll: return true
        }
    }

    /// How many operations are under way.
    package var operationCount: Int { active.count + queued.count }

    /// How many of them send.
    package var sendingCount: Int {
        active.count { if case .send = $0.kind { true } else { false } }
    }

    // MARK: - CompletionRing

    package func serves(_ transport: any Transport) -> Bool { transport is InMemoryTransport }

    package func isOpen(_ descriptor: Int32) -> Bool {
        kernel.descriptors.source(of: descriptor) != nil
    }

    private func queue(_ operation: Operation) -> Bool {
        guard hasRoom else { return false }
        queued.append(operation)
        return true
    }

    package func receive(_ descriptor: Int32, as operation: UInt64) -> Bool {
        queue(Operation(number: operation, descriptor: descriptor, kind: .receive))
    }

    package func send(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, as operation: UInt64
    ) -> Bool {
        // SAFETY: kept, and read, until the completion only, as the caller allows.
        let kind = unsafe Kind.send(bytes)
        return queue(Operation(number: operation, descriptor: descriptor, kind: kind))
    }

    package func poll(
        _ descriptor: Int32, for interest: Readiness, repeats: Bool, as operation: UInt64
    ) -> Bool {
        queue(
            Operation(
                number: operation, descriptor: descriptor,
                kind: .poll(interest, repeats: repeats)))
    }

    /// In-memory listeners are polled.
    package func accept(_ descriptor: Int32, as operation: UInt64) -> Bool {
        done.append(RingCompletion(operation: operation, result: 0 - EINVAL))
        return true
    }

    package func cancel(_ operation: UInt64, as cancelling: UInt64) -> Bool {
        queue(Operation(number: cancelling, descriptor: -1, kind: .cancel, other: operation))
    }

    package func cancelAll(of descriptor: Int32, as cancelling: UInt64) -> Bool {
        queue(Operation(number: cancelling, descriptor: descriptor, kind: .cancelAll))
    }

    package func submit() {
        let begun = queued
        queued.removeAll()
        for operation in begun { begin(operation) }
        serveReady()
    }

    package func wait(nanoseconds: Int64?) -> Bool {
        submit()
        return false
    }

    package func takeCompletions(into completions: inout [RingCompletion]) -> Bool {
        script?(&done)
        let count = min(done.count, 1_024)
        completions.append(contentsOf: done[..<count])
        done.removeFirst(count)
        return count > 0
    }

    package func withBuffer<Result>(
        _ number: UInt16, count: Int, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        let buffer = buffers[Int(number)]
        return body(buffer.span.extracting(first: count))
    }

    package func offer(_ number: UInt16) {
        // What a stream still takes for its own would be seen.
        for place in buffers[Int(number)].indices { buffers[Int(number)][place] = 0xA5 }
        offered.append(number)
    }

    package var waker: any BackendWaker { kernel.waker }
    package func watchWaker(as operation: UInt64) -> Bool { true }
    package func acknowledgeWake(isWatched: Bool) {}
    package var now: MonotonicInstant { kernel.now }
    package var wallClockMilliseconds: Int64 { kernel.wallClockMilliseconds }

    // MARK: - Operations

    private func begin(_ operation: Operation) {
        switch operation.kind {
        case .cancel: end { $0.number == operation.other }
        case .cancelAll: end { $0.descriptor == operation.descriptor }
        default:
            active.append(operation)
            return watch(operation.descriptor)
        }
        done.append(RingCompletion(operation: operation.number, result: 0))
    }

    private func end(where isMeant: (Operation) -> Bool) {
        for operation in active where isMeant(operation) {
            if case .send(let bytes) = operation.kind {
                // SAFETY: not completed before this.
                // A kernel may read them up to here: under the address sanitizer, bytes that are gone are found.
                lastBytes = unsafe bytes.last ?? 0
            }
            done.append(RingCompletion(operation: operation.number, result: 0 - ECANCELED))
        }
        let descriptors = active.filter(isMeant).map(\.descriptor)
        active.removeAll(where: isMeant)
        for descriptor in descriptors { watch(descriptor) }
    }

    /// Tells the backend what the operations on a descriptor wait for.
    private func watch(_ descriptor: Int32) {
        let waiting = active.filter { $0.descriptor == descriptor }
        var wanted: Readiness = []
        for operation in waiting {
            switch operation.kind {
            case .receive: wanted.insert(.readable)
            case .send: wanted.insert(.writable)
            case .poll(let interest, repeats: _): wanted.formUnion(interest)
            case .cancel, .cancelAll: break
            }
        }
        let token = UInt64(UInt32(bitPattern: descriptor))
        guard !waiting.isEmpty else {
            watched[descriptor] = nil
            return kernel.remove(descriptor)
        }
        do throws(IOError) {
            if watched[descriptor] == nil {
                try kernel.add(descriptor, interest: wanted, token: token)
            } else if watched[descriptor] != wanted {
                try kernel.modify(descriptor, interest: wanted, token: token)
            }
            watched[descriptor] = wanted
        } catch {
            watched[descriptor] = nil
            for operation in waiting {
                done.append(RingCompletion(operation: operation.number, result: 0 - error.code))
            }
            active.removeAll { $0.descriptor == descriptor }
        }
    }

    private func serveReady() {
        _ = kernel.wait(until: MonotonicInstant(nanoseconds: .min), into: &events)
        for event in events {
            let descriptor = Int32(truncatingIfNeeded: event.token)
            let ended = active.filter { $0.descriptor == descriptor }.filter {
                serve($0, event.readiness)
            }
            active.removeAll { operation in ended.contains { $0.number == operation.number } }
            watch(descriptor)
        }
    }

    /// Goes on with an operation whose descriptor is ready. Whether it has ended.
    private func serve(_ operation: Operation, _ readiness: Readiness) -> Bool {
        let stream = kernel.descriptors.source(of: operation.descriptor)
        switch operation.kind {
        case .receive:
            guard !readiness.isDisjoint(with: [.readable, .failed]) else { return false }
            return receive(operation, stream as? InMemoryTransport)
        case .send(let bytes):
            guard !readiness.isDisjoint(with: [.writable, .failed]) else { return false }
            // SAFETY: the operation has not completed.
            return unsafe send(bytes, operation, stream as? InMemoryTransport)
        case .poll(let interest, let repeats):
            let found = readiness.intersection(interest.union(.failed))
            guard !found.isEmpty, !repeats || operation.told != found else { return false }
            done.append(
                RingCompletion(
                    operation: operation.number, result: Int32(found.rawValue),
                    continues: repeats))
            if let place = active.firstIndex(where: { $0.number == operation.number }) {
                active[place].told = found
            }
            return !repeats
        case .cancel, .cancelAll: return true
        }
    }

    private func receive(_ operation: Operation, _ stream: InMemoryTransport?) -> Bool {
        guard let stream else { return complete(operation, 0 - EBADF) }
        guard let number = offered.first else { return complete(operation, 0 - ENOBUFS) }
        var span = buffers[Int(number)].mutableSpan
        switch stream.receive(into: &span) {
        case .bytes(let count):
            offered.removeFirst()
            let ends = endsReceiving?() ?? false
            done.append(
                RingCompletion(
                    operation: operation.number, result: Int32(count), continues: !ends,
                    buffer: number))
            return ends
        case .wouldBlock: return false
        case .finished: return complete(operation, 0)
        case .failed(let error): return complete(operation, 0 - error.code)
        }
    }

    private func send(
        _ bytes: UnsafeRawBufferPointer, _ operation: Operation, _ stream: InMemoryTransport?
    ) -> Bool {
        guard let stream else { return complete(operation, 0 - EBADF) }
        // SAFETY: the operation has not completed, so the bytes are there.
        let result = unsafe stream.send(Span<UInt8>(_bytes: bytes.bytes))
        switch result {
        case .bytes(let count): return complete(operation, Int32(count))
        case .wouldBlock: return false
        case .failed(let error): return complete(operation, 0 - error.code)
        }
    }

    private func complete(_ operation: Operation, _ result: Int32) -> Bool {
        done.append(RingCompletion(operation: operation.number, result: result))
        return true
    }
}
