import RNodeRooms
import RNodeWS
import Testing

@testable import RNodeApp

@Suite("PROTOCOL §2: what a text says")
struct ControlMessageTests {
    private func scan(_ text: String, _ limits: JSONLimits = JSONLimits()) -> ControlMessage {
        ControlMessage.scan(text.utf8Span.span, limits: limits)
    }

    private func raw(_ value: JSONValue?, _ text: String) -> String? {
        value.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
    }

    // MARK: - Kinds

    @Test(
        "Each type is known, and no other word",
        arguments: [
            ("join_room", ControlMessage.Kind.joinRoom), ("leave_room", .leaveRoom),
            ("room_message", .roomMessage), ("direct_message", .directMessage), ("ping", .ping),
            ("pong", .pong), ("message_ack", .messageAck), ("message", .message),
            ("chat", .ordinary), ("", .ordinary), ("Ping", .ordinary), ("ping ", .ordinary),
            ("welcome", .ordinary), ("join_roo", .ordinary), ("join_roomx", .ordinary),
        ])
    func kinds(word: String, kind: ControlMessage.Kind) {
        let text =
            #"{"type":"\#(word)","id":"1","room_id":"r","target_client_id":"c","message":1}"#
        #expect(scan(text).kind == kind)
        #expect(scan(text).fault == nil)
    }

    @Test(
        "Every other text is ordinary",
        arguments: [
            "", " ", "hello", "null", "1", #""ping""#, "[]", #"[{"type":"ping"}]"#, "{", "{}",
            #"{"type":"ping""#, #"{"type":"ping"}x"#, #"{"type":"ping"}{}"#, #"{"type":"ping",}"#,
            #"{"type":null}"#, #"{"type":1}"#, #"{"type":["ping"]}"#, #"{"type":{"type":"ping"}}"#,
            #"{"Type":"ping"}"#, #"{"a":{"type":"ping"}}"#, #"{"type":"ping","x":01}"#,
            #"{"type":"ping","x":"\ud800"}"#, #"{'type':'ping'}"#, "\u{FEFF}{\"type\":\"ping\"}",
            #"{"type":"\u0070\u0069\u006e\u0067\u0000"}"#,
        ])
    func ordinary(text: String) {
        #expect(scan(text).kind == .ordinary)
        #expect(scan(text).fault == nil)
    }

    @Test("White space and other fields change nothing")
    func whiteSpace() {
        let text =
            " \n\t\r{ \"x\" : [ 1 , {\"type\":\"pong\"} ] , \"type\" : \"ping\" , \"y\" : null }\n"
        #expect(scan(text).kind == .ping)
    }

    @Test("Escaped keys and types are understood")
    func escapedKeys() {
        let text = #"{"\u0074ype":"\u0070\u0069ng","\u0069\u0064":"\u0063-1\u00372"}"#
        let message = scan(text)
        #expect(message.kind == .ping)
        #expect(message.id(in: text.utf8Span.span)?.string == "c-172")
        let join = #"{"type":"join\u005froom","r\u006fom_id":"\#(RoomID(high: 1, low: 2))"}"#
        #expect(scan(join).roomID(in: join.utf8Span.span) == RoomID(high: 1, low: 2))
    }

    @Test("A text deeper than the limit, with too many keys or digits, is ordinary")
    func limits() {
        func nested(_ depth: Int) -> String {
            // The object itself is one level.
            #"{"type":"ping","x":"# + String(repeating: "[", count: depth - 1)
                + String(repeating: "]", count: depth - 1) + "}"
        }
        #expect(scan(nested(31)).kind == .ping)
        #expect(scan(nested(32)).kind == .ping)
        #expect(scan(nested(33)).kind == .ordinary)
        #expect(scan(nested(320)).kind == .ordinary)
        func keys(_ count: Int) -> String {
            let others = (1..<count).map { #""k\#($0)":0"# }.joined(separator: ",")
            return #"{"type":"ping",\#(others)}"#
        }
        #expect(scan(keys(255)).kind == .ping)
        #expect(scan(keys(256)).kind == .ping)
        #expect(scan(keys(257)).kind == .ordinary)
        #expect(scan(keys(2560)).kind == .ordinary)
        func digits(_ count: Int) -> String {
            #"{"type":"ping","x":\#(String(repeating: "1", count: count))}"#
        }
        #expect(scan(digits(32)).kind == .ping)
        #expect(scan(digits(33)).kind == .ordinary)
    }

    // MARK: - Fields

    @Test("Payloads are carried verbatim, whatever they are")
    func payloads() {
        let payloads = [
            #""Hello""#, #""""#, #""a\"\u0000\ud83d\ude00""#, "null", "true", "-1.50e3", "[]",
            #"{"type":"ping", "message": 1 }"#, "[ 1,\n2 ]",
        ]
        for key in ["message", "data"] {
            for payload in payloads {
                let text = #"{"type":"room_message","room_id":"r","\#(key)": \#(payload) }"#
                let message = scan(text)
                #expect(message.fault == nil)
                #expect(raw(message.payload, text) == payload)
            }
        }
    }

    @Test("Fields are read from their ranges")
    func fields() {
        let room = RoomID(high: 3, low: 4)
        let text =
            #"{"data":[1],"target_client_id":"ж\n","room_id":"\#(room)","id":"c-17","type":"room_message"}"#
        let message = scan(text)
        #expect(message.roomID(in: text.utf8Span.span) == room)
        #expect(message.targetClientID(in: text.utf8Span.span) == "ж\n")
        #expect(message.id(in: text.utf8Span.span)?.string == "c-17")
        #expect(raw(message.roomID, text) == "\"\(room)\"")
        #expect(message.message == nil)
        #expect(raw(message.data, text) == "[1]")
    }

    @Test("A room_id that is no room's text is a right shape: no room has it")
    func strangeRoom() {
        for value in ["", "room_1", "general", "\\u0000", String(repeating: "x", count: 1_000)] {
            let text = #"{"type":"join_room","room_id":"\#(value)"}"#
            #expect(scan(text).fault == nil)
            #expect(scan(text).roomID(in: text.utf8Span.span) == nil)
        }
    }

    // MARK: - Faults

    @Test(
        "What is wrong is said: first the shape, then the values",
        arguments: [
            (#"{"type":"join_room"}"#, ControlFault.roomIDMissing),
            (#"{"type":"leave_room"}"#, .roomIDMissing),
            (#"{"type":"join_room","room_id":1}"#, .roomIDNotAString),
            (#"{"type":"leave_room","room_id":null}"#, .roomIDNotAString),
            (#"{"type":"room_message","message":"x"}"#, .roomIDMissing),
            (#"{"type":"room_message","room_id":"r"}"#, .payloadMissing),
            (#"{"type":"room_message","room_id":[],"message":1}"#, .roomIDNotAString),
            (#"{"type":"room_message","room_id":"r","message":1,"data":2}"#, .payloadTwice),
            (#"{"type":"room_message","room_id":"r","message":null,"data":null}"#, .payloadTwice),
            (#"{"type":"direct_message","message":"x"}"#, .targetMissing),
            (#"{"type":"direct_message","target_client_id":{},"message":"x"}"#, .targetNotAString),
            (#"{"type":"direct_message","target_client_id":"c"}"#, .payloadMissing),
            (
                #"{"type":"direct_message","target_client_id":"c","message":1,"data":2}"#,
                .payloadTwice
            ),
            (#"{"type":"message_ack"}"#, .idMissing),
            (#"{"type":"message_ack","id":7}"#, .idNotAString),
            (#"{"type":"ping","id":7}"#, .idNotAString),
            (#"{"type":"ping","id":null}"#, .idNotAString),
            (#"{"type":"pong","id":""}"#, .idInvalid),
            (#"{"type":"message","id":["x"]}"#, .idNotAString),
            (#"{"type":"join_room","id":7}"#, .idNotAString),
            (#"{"type":"join_room","room_id":"r","id":7}"#, .idNotAString),
            (#"{"type":"ping","type":"ping"}"#, .fieldTwice),
            (#"{"type":"join_room","room_id":"a","room_id":"b"}"#, .fieldTwice),
            (#"{"type":"room_message","room_id":"a","message":1,"m\u0065ssage":2}"#, .fieldTwice),
            (#"{"type":"ping","id":"a","\u0069d":"b"}"#, .fieldTwice),
            (#"{"type":"message","id":"a","id":"b"}"#, .fieldTwice),
        ])
    func faults(text: String, fault: ControlFault) {
        #expect(scan(text).fault == fault)
        #expect(scan(text).kind != .ordinary)
    }

    @Test("Faults have their error_type")
    func errorTypes() {
        let values: [ControlFault] = [.idInvalid, .targetInvalid, .payloadTwice]
        let shapes: [ControlFault] = [
            .roomIDMissing, .roomIDNotAString, .targetMissing, .targetNotAString, .payloadMissing,
            .idMissing, .idNotAString, .fieldTwice,
        ]
        for fault in values { #expect(fault.errorType == "validation_error") }
        for fault in shapes { #expect(fault.errorType == "invalid_format") }
        for fault in values + shapes { #expect(!fault.message.isEmpty) }
    }

    @Test("The type that counts is the last one; of others' objects nothing is asked")
    func lastType() {
        #expect(scan(#"{"type":"chat","type":"ping"}"#).fault == .fieldTwice)
        #expect(scan(#"{"type":"ping","type":"chat"}"#).kind == .ordinary)
        #expect(scan(#"{"type":"chat","id":7,"id":8}"#).fault == nil)
        #expect(scan(#"{"type":"message","message":1,"message":2,"data":3}"#).fault == nil)
    }

    @Test("An id has 1 to 64 bytes once its escapes are out", arguments: [0, 1, 63, 64, 65, 640])
    func idBytes(count: Int) {
        let isRight = (1...64).contains(count)
        for piece in ["x", #"\u0041"#, #"\n"#] {
            let text = #"{"type":"ping","id":"\#(String(repeating: piece, count: count))"}"#
            let message = scan(text)
            #expect(message.fault == (isRight ? nil : .idInvalid))
            #expect(message.id(in: text.utf8Span.span)?.count == (isRight ? count : nil))
        }
    }

    @Test("An ordinary object keeps a proper id, and another one is not its fault")
    func ordinaryID() {
        let proper = #"{"type":"chat","id":"c-1"}"#
        #expect(scan(proper).id(in: proper.utf8Span.span)?.string == "c-1")
        let number = #"{"type":"chat","id":1}"#
        #expect(scan(number).id(in: number.utf8Span.span) == nil)
        #expect(scan(number).fault == nil)
        let broken = #"{"type":"chat","id":"c-1""#
        #expect(scan(broken).id(in: broken.utf8Span.span) == nil)
    }

    // MARK: - Properties

    @Test("No beginning of a control message is one")
    func prefixes() {
        let text = Array(
            #"{"type":"room_message","room_id":"r","message":{"a":[1,"\u0041"]},"id":"c"}"#.utf8)
        for count in 0..<text.count {
            let message = ControlMessage.scan(Array(text.prefix(count)).span)
            #expect(message.kind == .ordinary)
        }
        #expect(ControlMessage.scan(text.span).kind == .roomMessage)
    }

    @Test("Any one byte changed is judged without a trap, and the payload is JSON still")
    func changedBytes() {
        let text = Array(#"{"type":"room_message","room_id":"r","data":[1,"x"],"id":"c"}"#.utf8)
        for place in text.indices {
            for byte in UInt8.min...127 {
                var changed = text
                changed[place] = byte
                let message = ControlMessage.scan(changed.span)
                guard message.kind == .roomMessage, let payload = message.payload else { continue }
                #expect(JSONTree(changed[payload.range]) != nil)
            }
        }
    }

    @Test("Fields agree with FoundationEssentials", arguments: 0..<4)
    func agreement(part: Int) {
        var random = ControlGenerator(seed: 1_000 + UInt64(part))
        for _ in 0..<3_000 {
            let type = random.pick(["ping", "room_message", "message", "join_room", "chat"])
            var text = random.object(depth: 3)
            if random.below(4) > 0 {
                text = #"{"type":"\#(type)""# + (text.contains(":") ? "," : "") + text.dropFirst()
            }
            let bytes = random.below(4) == 0 ? random.damaged(text) : Array(text.utf8)
            // The scanner is given valid UTF-8, as every WebSocket text is.
            guard String(validating: bytes, as: UTF8.self) != nil else { continue }
            compare(ControlMessage.scan(bytes.span), bytes)
        }
    }

    private func compare(_ message: ControlMessage, _ bytes: [UInt8]) {
        let tree = JSONTree(bytes)
        guard message.kind != .ordinary else { return }
        guard let tree else { return #expect(tree != nil, "\(bytes)") }
        // With a field twice it is not said which one a decoder takes.
        guard message.fault != .fieldTwice else { return }
        #expect(tree["type"]?.string == message.kind.word)
        let id = message.id(in: bytes.span)
        let expected = tree["id"]?.string.flatMap { (1...64).contains($0.utf8.count) ? $0 : nil }
        #expect(id?.string == expected)
        guard message.kind != .message else { return }
        #expect(message.targetClientID(in: bytes.span) == tree["target_client_id"]?.string)
        guard message.kind == .roomMessage, message.fault == nil, let payload = message.payload
        else { return }
        #expect(JSONTree(bytes[payload.range]) == tree["message"] ?? tree["data"])
    }
}

extension ControlMessage.Kind {
    /// The word of the protocol.
    fileprivate var word: String {
        switch self {
        case .ordinary: ""
        case .joinRoom: "join_room"
        case .leaveRoom: "leave_room"
        case .roomMessage: "room_message"
        case .directMessage: "direct_message"
        case .ping: "ping"
        case .pong: "pong"
        case .messageAck: "message_ack"
        case .message: "message"
        }
    }
}
