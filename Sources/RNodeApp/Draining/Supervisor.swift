internal import FoundationEssentials
internal import Logging

/// Who started this process and asks how far it is: systemd, for a unit of `Type=notify` (sd_notify(3)).
struct Supervisor: Sendable {
    /// How far the process is, as it is told.
    enum Message: String {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
    }

    /// The socket that takes messages: a path, or `@` and an abstract name.
    let socket: String

    /// Who is named by `NOTIFY_SOCKET`; nil when nobody asks.
    init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let socket = environment["NOTIFY_SOCKET"], !socket.isEmpty else { return nil }
        self.socket = socket
    }

    /// Sends a message, without waiting. One that can't be sent is logged: the app goes on.
    func tell(_ message: Message, _ logger: Logger) {
        do throws(IOError) {
            try UnixDatagram.send(message.rawValue.utf8Span.span, to: socket)
        } catch {
            logger.error(
                "the supervisor could not be told",
                metadata: ["message": "\(message.rawValue)", "error": "\(error)"])
        }
    }
}
