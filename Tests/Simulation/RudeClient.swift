import RNodeTesting

/// A client that says wrong things: garbage, requests that break a rule, frames that do, and right ones with a byte changed.
final class RudeClient: Client {
    private static let wrongs = [
        "GET / HTTP/1.1\r\n\r\n",
        "GET /hello/x HTTP/1.1\nHost: sim\n\n",
        "POST /echo HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: sim\r\nContent-Length: 99999999999\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: sim\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
        "GET /chat HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n\r\n",
        "GET /\u{0}/ HTTP/1.1\r\nHost: sim\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\n\r\n",
        "GET /hello/a HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: sim\r\n\r\n",
        "GET /chat?clientId=%ff HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]
    private static let texts = [
        #"{"type":"join_room"}"#, #"{"type":"join_room","room_id":7,"id":"x"}"#, "{", "[[[[[[", "",
        #"{"type":"room_message","room_id":"room_00000000000000000000000000000001","message":1,"data":2}"#,
        #"{"type":"leave_room","room_id":"room_zzz"}"#, #"{"type":"ping","id":""}"#,
    ]

    /// How it begins.
    func begin() {
        switch dice.below(5) {
        case 0: write(dice.pick(Self.wrongs))
        case 1: write((0..<(1 + dice.below(200))).map { _ in UInt8(dice.below(256)) })
        // Says nothing for now.
        case 2: break
        default: open(dice.pick(["/chat", "/slow", "/raw"]))
        }
    }

    private func open(_ path: String) {
        write("GET \(path) HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    }

    override func speak() {
        guard sentCount > 0, dice.isLucky(oneIn: 4) else { return }
        let key = UInt32(truncatingIfNeeded: dice.next())
        switch dice.below(10) {
        case 0: write((0..<(1 + dice.below(40))).map { _ in UInt8(dice.below(256)) })
        // A length that nobody has.
        case 1: write([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
        case 2: write([UInt8(dice.below(256)), UInt8(dice.below(256))])
        case 3: write(Frames.masked(1, [0xC3, 0x28], key: key))
        case 4: write(Frames.masked(8, [UInt8(dice.below(20)), UInt8(dice.below(256))], key: key))
        case 5: write(Frames.masked(UInt8(dice.below(16)), [1, 2, 3], key: key, isFinal: false))
        case 6: write(dice.pick(Self.wrongs))
        default:
            var frame = Frames.masked(1, Array(dice.pick(Self.texts).utf8), key: key)
            if dice.isLucky(oneIn: 3) {
                frame[dice.below(frame.count)] ^= 1 << UInt8(dice.below(8))
            }
            write(frame)
        }
    }
}
