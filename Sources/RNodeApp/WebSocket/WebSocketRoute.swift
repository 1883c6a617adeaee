/// A registered WebSocket route: what its options say, ready to be read by every loop.
final class WebSocketRoute: Sendable {
    let path: String
    /// The route's place among the WebSocket routes, from 0.
    let index: Int
    let handlerID: String
    /// What a raw route does: just frames. Nil for the full protocol: welcome, acks, control messages, rooms, up to fourteen
    /// callbacks.
    let raw: RawWebSocketCallbacks?
    let callbacks: [EventCallback]
    let gate: EventGate
    let hasAsyncCallback: Bool
    let limits: WebSocketLimits
    let roomSendPolicy: RoomSendPolicy
    let announcesMembers: Bool
    let jsonPingInterval: Duration?
    let subprotocols: [String]
    let origins: OriginPolicy
    let compression: DeflateOptions?
    let slowConsumers: SlowConsumerPolicy
    /// How often data messages may come; nil for no limit.
    let messageRate: Rate?
    /// What a raw route does where no message is held against a rate: at hand for each read.
    let unmeteredRaw: RawWebSocketCallbacks?
    let controlFrameRate: Rate
    private let ownHardCapBytes: Int?

    init(
        path: String, number: Int, options: WebSocketOptions, configuration: AppConfiguration
    ) {
        self.path = path
        index = number - 1
        handlerID = "handler_\(number)"
        raw = nil
        callbacks = options.callbacks
        let defined = WebSocketEvent.allCases.filter { options[$0].callback.isDefined }
        gate = EventGate(defined: EventMask(defined))
        hasAsyncCallback = callbacks.contains { $0.isAsync }
        limits = options.limits ?? configuration.webSocket
        roomSendPolicy = options.roomSendPolicy
        announcesMembers = options.announceMembers
        jsonPingInterval = options.jsonPingInterval
        subprotocols = options.subprotocols
        origins = options.origins ?? configuration.origins
        compression = options.compression
        slowConsumers = options.slowConsumers
        ownHardCapBytes = options.outputHardCapBytes
        messageRate = limits.messageRate
        unmeteredRaw = nil
        controlFrameRate = limits.controlFrameRate
    }

    init(
        rawPath path: String, number: Int, options: RawWebSocketOptions,
        configuration: AppConfiguration
    ) {
        self.path = path
        index = number - 1
        handlerID = "handler_\(number)"
        raw = options.callbacks
        callbacks = []
        gate = EventGate(defined: [])
        hasAsyncCallback = false
        limits = options.limits ?? configuration.webSocket
        roomSendPolicy = .members
        announcesMembers = false
        jsonPingInterval = nil
        subprotocols = options.subprotocols
        origins = options.origins ?? configuration.origins
        compression = options.compression
        slowConsumers = options.slowConsumers
        ownHardCapBytes = options.outputHardCapBytes
        messageRate = limits.messageRate
        unmeteredRaw = limits.messageRate == nil ? options.callbacks : nil
        controlFrameRate = limits.controlFrameRate
    }

    var isRaw: Bool { raw != nil }

    /// The most unsent bytes a connection may have: the route's own number, or at least two of the biggest messages.
    func outputHardCapBytes(_ limits: IOLimits) -> Int {
        ownHardCapBytes ?? max(limits.outputHardCapBytes, 2 &* self.limits.messageBytesMax)
    }

    private static let hardCapRange = 1_024...1_073_741_824

    /// Throws for options that can't be served, naming the field.
    func validate() throws {
        try limits.validate()
        try compression?.validate()
        try origins.validate(field: "\(path): origins")
        if let ownHardCapBytes, !Self.hardCapRange.contains(ownHardCapBytes) {
            throw AppError.configuration(
                field: "\(path): outputHardCapBytes",
                "is \(ownHardCapBytes); it must be in \(Self.hardCapRange)")
        }
        if let jsonPingInterval,
            !(Duration.milliseconds(10) ... .seconds(86_400)).contains(jsonPingInterval)
        {
            throw AppError.configuration(
                field: "\(path): jsonPingInterval", "must be in 10 ms ... 1 day")
        }
        for name in subprotocols where name.isEmpty || name.utf8.contains(where: { $0 < 0x21 }) {
            throw AppError.configuration(field: "\(path): subprotocols", "must hold tokens")
        }
    }
}

extension WebSocketLimits {
    fileprivate var messageRate: Rate? {
        messagesPerSecondMax.map { Rate(perSecond: $0, burst: messageBurstMax) }
    }

    fileprivate var controlFrameRate: Rate {
        Rate(perSecond: controlFramesPerSecondMax, burst: controlFrameBurstMax)
    }
}
