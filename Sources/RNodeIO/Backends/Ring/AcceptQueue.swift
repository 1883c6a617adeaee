#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Sockets that a ring has accepted for a listener, and the error by which it stopped.
///
/// A class: the ring fills it, the listener empties it, both on the loop's thread.
final class AcceptQueue {
    // Accepted sockets, the next one at `next`.
    private var accepted: [Int32] = []
    private var next = 0
    private var failureCode: Int32 = 0

    deinit {
        while let descriptor = take() { FileDescriptor(owning: descriptor).close() }
    }

    var isEmpty: Bool { next == accepted.count && failureCode == 0 }
    var hasFailed: Bool { failureCode != 0 }

    /// Takes in what accepting has come to: a socket, or an error's number, negative.
    func completed(_ result: Int32) {
        if result >= 0 {
            accepted.append(result)
        } else if result != -ECANCELED {
            failureCode = 0 &- result
        }
    }

    func take() -> Int32? {
        guard next < accepted.count else { return nil }
        let descriptor = accepted[next]
        next &+= 1
        if next == accepted.count {
            accepted.removeAll(keepingCapacity: true)
            next = 0
        }
        return descriptor
    }

    /// The error, which is told once.
    func takeFailure() -> IOError? {
        guard failureCode != 0 else { return nil }
        let error = IOError("accept", code: failureCode)
        failureCode = 0
        return error
    }
}
