#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Runs `body`, which waits for tasks, on a thread of the system: the pool of Swift's tasks has too few for that.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let task = ThreadBody { continuation.resume(returning: body()) }
        var thread = pthread_t()
        // SAFETY: the thread takes over the reference; nobody joins it.
        let code = unsafe pthread_create(
            &thread, nil, run, Unmanaged.passRetained(task).toOpaque())
        if code == 0 { pthread_detach(thread) } else { task.body() }
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
    return nil
}
