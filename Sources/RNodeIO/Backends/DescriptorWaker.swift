import Synchronization

/// Wakes a backend by a descriptor that the backend watches: an eventfd on Linux, a pipe elsewhere.
///
/// Wakes between two waits cost one write together. The waker may outlive its backend; it closes its
/// descriptors when the last reference to it goes.
final class DescriptorWaker: BackendWaker {
    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor
    private let isPending = Atomic<Bool>(false)

    /// - Throws: `IOError` when no descriptor is left.
    init(usingPipe: Bool = DescriptorWaker.needsPipe) throws(IOError) {
        if usingPipe {
            let pipe = try SystemCalls.makePipe()
            readEnd = pipe.readEnd
            writeEnd = pipe.writeEnd
        } else {
            readEnd = try SystemCalls.makeEventDescriptor()
            writeEnd = .none
        }
    }

    static var needsPipe: Bool {
        #if os(Linux)
            false
        #else
            true
        #endif
    }

    /// What the backend watches for `readable`.
    var descriptor: Int32 { readEnd.rawValue }

    func wake() {
        // Whoever finds a wake pending leaves it at that: the wait it will end has not returned yet.
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let target = writeEnd.rawValue >= 0 ? writeEnd.rawValue : readEnd.rawValue
        SystemCalls.signal(target)
    }

    /// Called by the backend's `wait` when it saw the descriptor readable, before it returns: what was
    /// posted before an absorbed `wake` is visible to whoever looks after this.
    func acknowledge(draining: Bool) {
        if draining { SystemCalls.drain(readEnd.rawValue) }
        _ = isPending.exchange(false, ordering: .acquiringAndReleasing)
    }
}
