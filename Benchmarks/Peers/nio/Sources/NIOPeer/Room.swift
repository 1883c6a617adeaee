import NIOCore
import NIOWebSocket

/// Who is in the room. There is one loop, so it takes no lock.
final class Room {
    var members: [ObjectIdentifier: any Channel] = [:]
}

/// Everybody is in it, and each message goes to all, the sender too; what a read brought is flushed at once.
final class RoomHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let room: Room
    private var hasPublished = false

    init(_ room: Room) { self.room = room }

    func handlerAdded(context: ChannelHandlerContext) {
        room.members[ObjectIdentifier(context.channel)] = context.channel
    }

    func channelInactive(context: ChannelHandlerContext) {
        room.members[ObjectIdentifier(context.channel)] = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            let message = WebSocketFrame(fin: true, opcode: frame.opcode, data: frame.unmaskedData)
            for member in room.members.values { member.write(message, promise: nil) }
            hasPublished = true
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasPublished else { return }
        hasPublished = false
        for member in room.members.values { member.flush() }
    }
}
