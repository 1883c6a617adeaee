// One of the few types that own a lock: asked once for each file.
/// How many files are read at a time, for all loops together; who comes later waits in line.
///
/// A read blocks its thread, which is one of the few that all async code of the process shares: files, above all slow ones of
/// a network, must not hold every one of them.
final class FileReads: Sendable {
    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let max: Int
    private let waitingMax: Int
    private let state = Guarded(State())

    init(max: Int, waitingMax: Int) {
        self.max = max
        self.waitingMax = waitingMax
    }

    /// How many wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Returns when a file may be read; ``end()`` must follow. False, at once, when too many wait already.
    func begin() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.running < max {
                    state.running += 1
                    return true
                }
                guard state.waiting.count < waitingMax else { return false }
                // Resumed once: by the `end()` that takes it out of the line.
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// A file is read: whoever waits longest is next.
    func end() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume(returning: true)
    }
}
