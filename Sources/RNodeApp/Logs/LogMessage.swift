internal import Logging

/// The lines that the framework logs by itself above `debug`. Each is limited on its own.
enum LogMessage: Int, CaseIterable {
    case handlerThrew, responseUnsendable, openingRefused, onConnectThrew
    case rawRouteThrew, brokerRefused, loopBlocked

    var text: Logger.Message {
        switch self {
        case .handlerThrew: "a handler threw"
        case .responseUnsendable: "a response could not be sent"
        case .openingRefused: "an opening was refused"
        case .onConnectThrew: "onConnect threw"
        case .rawRouteThrew: "a raw route's closure threw"
        case .brokerRefused: "the broker took no message"
        case .loopBlocked: "a callback blocked its loop"
        }
    }

    var level: Logger.Level {
        switch self {
        case .openingRefused: .info
        case .loopBlocked: .warning
        default: .error
        }
    }
}
