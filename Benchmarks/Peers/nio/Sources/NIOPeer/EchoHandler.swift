import NIOCore
import NIOWebSocket

/// Sends every message back; what a read brought is flushed at once.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary: write(frame.opcode, frame, context)
        case .ping: write(.pong, frame, context)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    private func write(
        _ opcode: WebSocketOpcode, _ frame: WebSocketFrame, _ context: ChannelHandlerContext
    ) {
        let answer = WebSocketFrame(fin: true, opcode: opcode, data: frame.unmaskedData)
        context.write(wrapOutboundOut(answer), promise: nil)
    }
}
