internal import Dispatch

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The signals that a server listens to.
enum ProcessSignal: String, CaseIterable, Sendable {
    case terminate = "SIGTERM"
    case interrupt = "SIGINT"
    case hangUp = "SIGHUP"

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }

    /// What a shell reports for a process that this signal ended.
    var exitCode: Int32 { 128 + number }
}

/// Hands the process's signals to a closure, for as long as it is kept.
final class ProcessSignals {
    private let sources: [any DispatchSourceSignal]

    /// From now on none of the signals ends the process by itself. `registered` is called once for each of them, when
    /// it is listened to.
    init(
        _ receive: @escaping @Sendable (ProcessSignal) -> Void,
        registered: @escaping @Sendable () -> Void
    ) {
        sources = ProcessSignal.allCases.map { named in
            // Dispatch sees a signal only when its own action does not end the process first.
            _ = signal(named.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: named.number, queue: .global())
            source.setEventHandler { receive(named) }
            source.setRegistrationHandler { registered() }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
