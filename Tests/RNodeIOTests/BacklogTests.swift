import Glibc
import RNodeIO
import Testing

@Suite("The backlog of listeners")
struct BacklogTests {
    @Test(
        "listenBacklog is 1 to 65,535, and 4,096 by default",
        arguments: [
            (0, false), (1, true), (65_535, true), (65_536, false), (-1, false), (Int.max, false),
        ])
    func range(_ backlog: Int, isRight: Bool) throws {
        var limits = IOLimits()
        #expect(limits.listenBacklog == 4_096)
        limits.listenBacklog = backlog
        if isRight {
            try limits.validate()
            for listener in try SocketListener.bind(to: Sockets.loopback, backlog: backlog) {
                listener.close()
            }
        } else {
            #expect(throws: IOLimitsError.self) { try limits.validate() }
            #expect(
                Sockets.code { try SocketListener.bind(to: Sockets.loopback, backlog: backlog) }
                    == EINVAL)
        }
    }

    @Test("The kernel is told the backlog that was asked for", arguments: [1, 7, 8, 9, 80])
    func kernelHeard(_ backlog: Int) throws {
        let listeners = try SocketListener.bind(
            to: Sockets.loopback, count: 2, backlog: backlog)
        for listener in listeners {
            #expect(Self.backlog(of: listener.descriptor) == backlog)
            listener.close()
        }
    }

    /// What the kernel says of a socket that listens: its backlog is where another has its lost segments (tcp(7)).
    private static func backlog(of descriptor: Int32) -> Int {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        let result = unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
        return result == 0 ? Int(info.tcpi_sacked) : -1
    }
}
