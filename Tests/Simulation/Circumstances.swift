import RNodeApp
import RNodeIO
import RNodeWS

/// What is special about one world: its limits, what its routes do about slow clients, and how it ends.
///
/// In many worlds nothing is. Where something is, clients that did no wrong may be told so by the codes of
/// ``lawfulCodes``; by no others.
struct Circumstances {
    var io = IOLimits()
    var memory = MemoryLimits()
    /// The limits of the chat routes.
    var limits = WebSocketLimits()
    /// What each of the routes compresses with, if it does: /chat, /slow, /raw.
    let compression: [DeflateOptions?]
    /// Bytes that all streams that are kept may take.
    var contextBytesMax = 64 << 20
    /// What becomes of messages to clients that are slow, on every route.
    var policy = Policy.close
    /// Whether so little may wait for a client that any may be slow.
    let isTight: Bool
    /// Whether chat clients may say no more than a few messages at once.
    let isRated: Bool
    /// Whether all connections together may hold so little that any may be cut.
    let isPoor: Bool
    /// Whether the world ends by a drain, in the middle of everything.
    let drains: Bool

    enum Policy: CaseIterable {
        case close, dropOldest, dropNewest, conflate
    }

    init(_ dice: inout Dice) {
        compression = [
            Self.compression(&dice), Self.compression(&dice), Self.compression(&dice),
        ]
        isTight = dice.isLucky(oneIn: 4)
        isRated = dice.isLucky(oneIn: 4)
        isPoor = dice.isLucky(oneIn: 6)
        drains = dice.isLucky(oneIn: 3)
        chooseIO(&dice)
        chooseLimits(&dice)
        if dice.isLucky(oneIn: 3) { contextBytesMax = 1 + dice.below(200_000) }
    }

    private static func compression(_ dice: inout Dice) -> DeflateOptions? {
        guard !dice.isLucky(oneIn: 3) else { return nil }
        var options = DeflateOptions()
        options.minimumBytes = dice.pick([1, 100, 512])
        options.serverKeepsContext = dice.isLucky(oneIn: 2)
        options.clientKeepsContext = dice.isLucky(oneIn: 2)
        options.serverWindowBitsMax = 9 + dice.below(7)
        options.clientWindowBitsMax = 9 + dice.below(7)
        options.level = 1 + dice.below(9)
        return options
    }

    /// Limits that are small now and then, so that they are reached.
    private mutating func chooseIO(_ dice: inout Dice) {
        io.receiveBufferBytes = dice.pick([4_096, 4_096, 16_384, 65_536])
        io.outputSoftMarkBytes = dice.pick([1_024, 4_096, 65_536])
        io.acceptsPerTurnMax = dice.pick([1, 2, 64])
        io.messagesPerTurnMax = dice.pick([1, 2, 1_024])
        io.connectionsMax = dice.isLucky(oneIn: 4) ? 1 + dice.below(16) : nil
        io.refusalsMax = dice.pick([0, 1, 64])
        policy = dice.pick(Policy.allCases)
        if isTight { io.outputHardCapBytes = io.outputSoftMarkBytes + dice.below(8_000) }
    }

    private mutating func chooseLimits(_ dice: inout Dice) {
        limits.messageBytesMax = 100_000
        if isRated {
            limits.messagesPerSecondMax = 1 + dice.below(50)
            limits.messageBurstMax = 1 + dice.below(20)
            limits.controlFramesPerSecondMax = 1 + dice.below(50)
            limits.controlFrameBurstMax = 1 + dice.below(20)
        }
        if isPoor {
            memory.outboundBytesMax = 65_536
            memory.unfinishedBytesMax = 65_536
        }
    }

    /// Whether a message to a client may be left out without its fault.
    ///
    /// Conflation replaces what waits however little that is.
    var mayDrop: Bool { policy == .conflate || isTight && policy != .close }

    /// The codes with which a client that did no wrong may be closed.
    var lawfulCodes: Set<Int> {
        var codes: Set<Int> = []
        if isTight || isPoor { codes.insert(1013) }
        if isRated { codes.insert(1008) }
        if drains { codes.insert(1001) }
        return codes
    }

    /// What a route does about slow clients.
    var slowConsumers: SlowConsumerPolicy {
        switch policy {
        case .close: .close
        case .dropOldest: .dropOldest
        case .dropNewest: .dropNewest
        case .conflate: .conflate { Self.key(of: $0) }
        }
    }

    /// The room and the sender of a room's message: so the messages of one sender keep their order.
    private static func key(of message: Span<UInt8>) -> String? {
        var bytes: [UInt8] = []
        for place in message.indices { bytes.append(message[place]) }
        let answer = Answer(bytes[...])
        guard let room = answer.field("room_id"), let sender = answer.field("from_client_id") else {
            return nil
        }
        return "\(room) \(sender)"
    }
}

extension Circumstances: CustomStringConvertible {
    var description: String {
        let marks = [
            "\(policy)", isTight ? "tight" : nil, isRated ? "rated" : nil, isPoor ? "poor" : nil,
            drains ? "drains" : nil,
        ].compactMap { $0 }
        let compressed = compression.map { $0 == nil ? "-" : "z" }.joined()
        return "\(marks.joined(separator: ", ")) \(compressed)"
    }
}
