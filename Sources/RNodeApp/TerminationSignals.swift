internal import Dispatch

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The signals by which an operator ends a server.
enum TerminationSignals {
    /// Waits for SIGTERM or SIGINT; returns the name of the one that came.
    static func first() async -> String {
        let (arrivals, continuation) = AsyncStream<String>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // Dispatch sees a signal only when its own action does not end the process first.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        for await name in arrivals { return name }
        return ""
    }
}
