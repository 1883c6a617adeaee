import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// SwiftNIO beside ours, on one event loop: /echo, /room and GET /plain. It has no permessage-deflate.
@main
enum NIOPeer {
    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
            print("Usage: NIOPeer PORT")
            exit(2)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let room = NIOLoopBoundBox.makeBoxSendingValue(Room(), eventLoop: group.next())
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, room.value) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await channel.closeFuture.get()
    }

    /// HTTP, until a WebSocket is asked for.
    private static func configure(_ channel: any Channel, _ room: Room) throws {
        let plain = PlainHandler()
        let bound = NIOLoopBound((plain, room), eventLoop: channel.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let handler: any ChannelHandler =
                        head.uri == "/room" ? RoomHandler(bound.value.1) : EchoHandler()
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            })
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(bound.value.0, promise: nil)
                }
            ))
        try channel.pipeline.syncOperations.addHandler(plain)
    }
}
