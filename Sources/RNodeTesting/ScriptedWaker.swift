import RNodeIO
import RNodeBytes

/// Remembers that a scripted backend was woken, and lets a test wait for that.
final class ScriptedWaker: BackendWaker {
    private struct State {
        var isWoken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Guarded(State())

    func wake() {
        resume { $0.isWoken = true }
    }

    var isWoken: Bool {
        state.withLock { $0.isWoken }
    }

    /// Forgets the wake, as the `wait` it ended does.
    func acknowledge() {
        state.withLock { $0.isWoken = false }
    }

    /// Returns once a wake is pending, or the task is cancelled. Leaves the wake pending.
    func untilWoken() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isWoken || Task.isCancelled { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            resume { _ in }
        }
    }

    /// Each waiting task is taken out before it is resumed, so none is resumed twice.
    private func resume(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            return exchange(&state.waiting, with: [])
        }
        for continuation in waiting { continuation.resume() }
    }
}
