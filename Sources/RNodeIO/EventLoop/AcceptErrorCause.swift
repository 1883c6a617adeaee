#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The fixed causes that failed accepts are counted by.
public enum AcceptErrorCause: Int, CaseIterable, Sendable {
    /// The process has no descriptor left (`EMFILE`).
    case processDescriptors
    /// The system has no descriptor left (`ENFILE`).
    case systemDescriptors
    /// No buffer (`ENOBUFS`).
    case buffers
    /// No memory (`ENOMEM`).
    case memory
    /// The peer left before it was accepted (`ECONNABORTED`, `ECONNRESET`).
    case aborted
    /// `EPROTO`.
    case `protocol`
    /// A firewall's rule forbade it (`EPERM`).
    case forbidden
    /// A signal interrupted it (`EINTR`).
    case interrupted
    /// The network is down or cannot be reached (`ENETDOWN`, `ENETUNREACH`, `EHOSTDOWN`, `EHOSTUNREACH`).
    case network
    /// Anything else.
    case other

    /// The cause of an error of `accept`.
    public init(_ error: IOError) {
        switch error.code {
        case EMFILE: self = .processDescriptors
        case ENFILE: self = .systemDescriptors
        case ENOBUFS: self = .buffers
        case ENOMEM: self = .memory
        case ECONNABORTED, ECONNRESET: self = .aborted
        case EPROTO: self = .protocol
        case EPERM: self = .forbidden
        case EINTR: self = .interrupted
        case ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH: self = .network
        default: self = .other
        }
    }

    /// Its word in metrics: the system's name of the first error it stands for.
    public var label: String {
        switch self {
        case .processDescriptors: "EMFILE"
        case .systemDescriptors: "ENFILE"
        case .buffers: "ENOBUFS"
        case .memory: "ENOMEM"
        case .aborted: "ECONNABORTED"
        case .protocol: "EPROTO"
        case .forbidden: "EPERM"
        case .interrupted: "EINTR"
        case .network: "ENETDOWN"
        case .other: "other"
        }
    }
}
