import FoundationEssentials
import RNodeRooms
import RNodeWS
import Testing

@testable import RNodeApp

@Suite("What the server writes")
struct ControlWriterTests {
    private let now = Timestamp(milliseconds: 1_704_067_200_000)
    private let room = RoomID(high: 0, low: 0x123)
    private let roomText = "room_00000000000000000000000000000123"
    private let time = #""timestamp":"2024-01-01T00:00:00.000Z""#

    @Test("welcome")
    func welcome() {
        let written = text {
            ControlWriter.welcome(
                connectionID: "uuid-string", clientID: "client_123", path: "/chat",
                at: now.string, into: &$0)
        }
        #expect(
            written
                == #"{"type":"welcome","connection_id":"uuid-string","client_id":"client_123","path":"/chat",\#(time)}"#
        )
    }

    @Test("room_message, from a client and from the server")
    func roomMessage() {
        let hello = Array("Hello room!".utf8)
        let written = text {
            ControlWriter.roomMessage(
                hello.span, .text, room: room, from: "client_456", at: now, into: &$0)
        }
        #expect(
            written
                == #"{"type":"room_message","message":"Hello room!","room_id":"\#(roomText)","from_client_id":"client_456",\#(time)}"#
        )
        let json = Array(#"{"a":[1, 2]}"#.utf8)
        let byServer = text {
            ControlWriter.roomMessage(json.span, .json, room: room, from: nil, at: now, into: &$0)
        }
        #expect(
            byServer
                == #"{"type":"room_message","message":{"a":[1, 2]},"room_id":"\#(roomText)",\#(time)}"#
        )
    }

    @Test("direct_message, from a client and from the server")
    func directMessage() {
        let quoted = Array(#""Private message""#.utf8)
        let written = text {
            ControlWriter.directMessage(quoted.span, .json, from: "client_123", at: now, into: &$0)
        }
        #expect(
            written
                == #"{"type":"direct_message","message":"Private message","from_client_id":"client_123",\#(time)}"#
        )
        let byServer = text {
            ControlWriter.directMessage(quoted.span, .json, from: nil, at: now, into: &$0)
        }
        #expect(byServer == #"{"type":"direct_message","message":"Private message",\#(time)}"#)
    }

    @Test("message_ack, with and without an id")
    func messageAck() {
        let original = Array("Original \"message\"".utf8)
        let plain = text {
            ControlWriter.messageAck(original.span, .text, id: nil, at: now, into: &$0)
        }
        #expect(plain == #"{"type":"message_ack","message":"Original \"message\"",\#(time)}"#)
        let withID = text {
            ControlWriter.messageAck(
                original.span, .text, id: MessageID("c\"1"), at: now, into: &$0)
        }
        #expect(
            withID
                == #"{"type":"message_ack","message":"Original \"message\"",\#(time),"id":"c\"1"}"#)
    }

    @Test("room_joined, with members where they are announced")
    func roomJoined() {
        let plain = text {
            ControlWriter.roomJoined(room: room, membersCount: 3, id: nil, at: now, into: &$0)
        }
        #expect(
            plain
                == #"{"type":"room_joined","room_id":"\#(roomText)","members_count":3,\#(time)}"#)
        let announced = text {
            ControlWriter.roomJoined(
                room: room, membersCount: 2, members: ["a", "b\""], id: MessageID("7"), at: now,
                into: &$0)
        }
        #expect(
            announced
                == #"{"type":"room_joined","room_id":"\#(roomText)","members_count":2,"members":["a","b\""],\#(time),"id":"7"}"#
        )
    }

    @Test("room_left, member_joined, member_left")
    func leaving() {
        let left = text {
            ControlWriter.roomLeft(room: room, id: MessageID("7"), at: now, into: &$0)
        }
        #expect(left == #"{"type":"room_left","room_id":"\#(roomText)",\#(time),"id":"7"}"#)
        let joined = text {
            ControlWriter.memberJoined(room: room, clientID: "ж", at: now, into: &$0)
        }
        #expect(
            joined
                == #"{"type":"member_joined","room_id":"\#(roomText)","client_id":"ж",\#(time)}"#)
        let gone = text {
            ControlWriter.memberLeft(room: room, clientID: "c", at: now, into: &$0)
        }
        #expect(
            gone == #"{"type":"member_left","room_id":"\#(roomText)","client_id":"c",\#(time)}"#)
    }

    @Test("error, ping, pong")
    func short() {
        let error = text {
            ControlWriter.error(
                "Error description", type: "validation_error", id: nil, at: now, into: &$0)
        }
        #expect(
            error
                == #"{"type":"error","error":"Error description","error_type":"validation_error",\#(time)}"#
        )
        #expect(text { ControlWriter.ping(at: now, into: &$0) } == #"{"type":"ping",\#(time)}"#)
        let pong = text { ControlWriter.pong(latency: 15, id: nil, at: now, into: &$0) }
        #expect(pong == #"{"type":"pong","latency":15,\#(time)}"#)
        let answer = text { ControlWriter.pong(id: MessageID("p"), at: now, into: &$0) }
        #expect(answer == #"{"type":"pong",\#(time),"id":"p"}"#)
        let negative = text { ControlWriter.pong(latency: -4, id: nil, at: now, into: &$0) }
        #expect(negative == #"{"type":"pong","latency":0,\#(time)}"#)
    }

    @Test("message_blocked, in the order that PROTOCOL shows")
    func messageBlocked() {
        var blocked = BlockedMessage(
            reason: "Spam message blocked", event: "room_message", code: .byHandler, room: room)
        let original = Array("buy spam".utf8)
        let written = text {
            ControlWriter.messageBlocked(
                blocked, original: original.span, id: MessageID("c-17"), at: now, into: &$0)
        }
        #expect(
            written
                == #"{"type":"message_blocked","originalMessage":"buy spam","reason":"Spam message blocked",\#(time),"event":"room_message","code":"blocked_by_handler","id":"c-17","room_id":"\#(roomText)","truncated":false}"#
        )
        blocked.room = nil
        blocked.code = .rateLimited
        let binary = text {
            ControlWriter.messageBlocked(
                blocked, original: [UInt8]().span, id: nil, at: now, into: &$0)
        }
        #expect(
            binary
                == #"{"type":"message_blocked","originalMessage":"","reason":"Spam message blocked",\#(time),"event":"room_message","code":"rate_limited","truncated":false}"#
        )
        #expect(BlockedMessage.Code.handlerFailed.rawValue == "handler_failed")
    }

    @Test("An original is cut at 1 KiB, between characters")
    func truncation() throws {
        let blocked = BlockedMessage(reason: "r", event: "message", code: .byHandler)
        for piece in ["x", "é", "€", "😀", "\"", "\u{0}"] {
            for excess in [-4, -1, 0, 1, 2, 3, 4, 9_000] {
                for shift in 0..<4 {
                    var original = String(repeating: "a", count: shift)
                    while original.utf8.count + piece.utf8.count <= 1024 + excess {
                        original += piece
                    }
                    let written = text {
                        ControlWriter.messageBlocked(
                            blocked, original: original.utf8Span.span, id: nil, at: now, into: &$0)
                    }
                    let tree = try #require(JSONTree(written.utf8))
                    let kept = try #require(tree["originalMessage"]?.string)
                    #expect(original.hasPrefix(kept))
                    #expect(kept.utf8.count <= 1024)
                    let isCut = original.utf8.count > 1024
                    #expect(tree["truncated"] == .boolean(isCut))
                    if isCut { #expect(kept.utf8.count > 1024 - piece.utf8.count) }
                    if !isCut { #expect(kept == original) }
                }
            }
        }
    }

    @Test("Whatever a client is called or sends, the message is JSON and says that")
    func hostileStrings() throws {
        var random = ControlGenerator(seed: 11)
        for _ in 0..<1_000 {
            let strings = (0..<3).map { _ in hostile(&random) }
            let json = random.json(depth: 3)
            let written = text {
                ControlWriter.roomMessage(
                    json.utf8Span.span, .json, room: room, from: strings[0], at: now, into: &$0)
            }
            let message = try #require(JSONTree(written.utf8))
            #expect(message["from_client_id"]?.string == strings[0])
            #expect(message["message"] == JSONTree(json.utf8))
            let ack = text {
                ControlWriter.messageAck(
                    strings[1].utf8Span.span, .text, id: MessageID(strings[2]), at: now, into: &$0)
            }
            let answer = try #require(JSONTree(ack.utf8))
            #expect(answer["message"]?.string == strings[1])
            let id = (1...64).contains(strings[2].utf8.count) ? strings[2] : nil
            #expect(answer["id"]?.string == id)
        }
    }

    private func hostile(_ random: inout ControlGenerator) -> String {
        (0..<random.below(30)).map { _ in
            random.pick([
                "\"", "\\", "\u{0}", "\n", "\u{1F}", "a", "</script>", "😀", "\u{2028}", "}", "é",
            ])
        }.joined()
    }
}
