import RNodeRooms
import RNodeTesting

/// A client of the control protocol: it joins and leaves rooms, speaks there and to others, and expects every answer.
final class ChatClient: WebSocketClient {
    /// What is common to all chat clients of a run.
    let rooms: RoomsOracle
    private var nextID = 0
    /// The ids that wait for their one answer, in the order they were sent.
    private var awaited: [String] = []
    private var firstAwaited = 0
    private var isWelcomed = false
    private var binaries: [UInt8] = []
    private var lastDirect: [String: Int] = [:]
    /// The rooms that it asked to leave, by the ids of those requests.
    private var leaving: [String: Int] = [:]

    init(
        _ number: Int, path: String, _ rooms: RoomsOracle, _ circumstances: Circumstances,
        _ peer: InMemoryPeer, _ fate: Fate, _ dice: Dice, _ log: RunLog
    ) {
        self.rooms = rooms
        super.init(number, "\(path)?clientId=c\(number)", circumstances, peer, fate, dice, log)
    }

    override func accepts(refusal: Int) -> Bool {
        refusal == 403 && number % 10 == 8 || super.accepts(refusal: refusal)
    }

    // MARK: - Speaking

    override func say() {
        guard isWelcomed else { return }
        let room = dice.below(4)
        switch dice.below(12) {
        case 0: ask(#""type":"join_room","room_id":"\#(FixedRooms.ids[room])""#)
        case 1:
            ask(#""type":"leave_room","room_id":"\#(FixedRooms.ids[room])""#)
            leaving["\(nextID)"] = room
            rooms.mayLeave(room, number)
        case 2...4: speak(in: room)
        case 5: direct()
        case 6: binary()
        case 7: ask(#""type":"ping""#)
        case 8: ask(#""type":"message","message":"spam""#)
        case 9: ask(#""type":"message","message":"throw""#)
        default: ask(#""type":"message","message":"\#(padding())""#)
        }
    }

    private func padding() -> String { String(repeating: "x", count: dice.size(atMost: 1_500)) }

    /// Sends a control message that is answered.
    private func ask(_ fields: String) {
        nextID += 1
        awaited.append("\(nextID)")
        send(1, Array(#"{\#(fields),"id":"\#(nextID)"}"#.utf8))
    }

    private func speak(in room: Int) {
        let message = rooms.publishes(room, number)
        ask(
            #""type":"room_message","room_id":"\#(FixedRooms.ids[room])","message":"\#(message):\#(padding())""#
        )
        rooms.asked(room, number, id: "\(nextID)", step: log.stepNumber)
    }

    private func direct() {
        let target = "c\(dice.below(number + 3))"
        ask(#""type":"direct_message","target_client_id":"\#(target)","message":"\#(nextID)""#)
    }

    private func binary() {
        let word = UInt8(truncatingIfNeeded: binaries.count &+ nextID)
        binaries.append(word)
        send(2, [word, 0xFF])
    }

    // MARK: - Receiving

    override func message(_ payload: ArraySlice<UInt8>, isText: Bool) {
        guard isText else { return binaryCame(payload) }
        let text = Answer(payload)
        let type = text.field("type")
        if let id = text.field("id") { answered(id, type, text) }
        switch type {
        case "welcome":
            if isWelcomed { complain("welcomed twice") }
            isWelcomed = true
        case "room_message": roomMessageCame(text)
        case "direct_message": directCame(text)
        case "room_joined", "room_left", "message_ack", "pong", "error", "message_blocked", "ping",
            "member_joined", "member_left":
            break
        default: complain("a text of type \(type ?? "none")")
        }
        if type != "welcome", !isWelcomed { complain("\(type ?? "") before the welcome") }
    }

    private func answered(_ id: String, _ type: String?, _ text: Answer) {
        guard firstAwaited < awaited.count else { return complain("an answer to \(id), unasked") }
        if awaited[firstAwaited] != id {
            complain("an answer to \(id) where \(awaited[firstAwaited]) comes first")
        }
        firstAwaited += 1
        let room = text.field("room_id").flatMap { id in
            FixedRooms.ids.firstIndex { $0.description == id }
        }
        if let left = leaving.removeValue(forKey: id) { rooms.leaveAnswered(left, number) }
        if type == "room_joined", let room { rooms.joined(room, number, step: log.stepNumber) }
        if type == "room_left", let room { rooms.left(room, number) }
        if type == "message_ack" { rooms.acknowledged(number, id: id) }
    }

    private func roomMessageCame(_ text: Answer) {
        guard let message = text.field("message"), let id = text.field("room_id"),
            let room = FixedRooms.ids.firstIndex(where: { $0.description == id })
        else { return complain("a room_message without room or message") }
        if let fault = rooms.received(room, number, message, from: text.field("from_client_id")) {
            complain(fault)
        }
    }

    private func directCame(_ text: Answer) {
        guard let word = text.field("message"), let count = Int(word) else {
            return complain("a direct message without its text")
        }
        // The application's own messages have no sender.
        guard let from = text.field("from_client_id") else { return }
        if let last = lastDirect[from], last >= count {
            complain("direct message \(count) of \(from) after \(last)")
        }
        lastDirect[from] = count
    }

    /// Said too soon, a binary message comes to nothing; of that its sender is told a few times a second only.
    private var mayLoseEchoes: Bool { circumstances.mayDrop || circumstances.isRated }

    private func binaryCame(_ payload: ArraySlice<UInt8>) {
        guard !binaries.isEmpty else { return complain("a binary echo of nothing") }
        let place = mayLoseEchoes ? binaries.firstIndex { $0 == payload.first } : 0
        guard let place, payload.first == binaries[place], payload.count == 2 else {
            return complain("a wrong binary echo")
        }
        binaries.removeFirst(place + 1)
    }

    // MARK: - The end

    override func missing() -> String? {
        if let missing = super.missing() { return missing }
        if refusal != nil { return nil }
        if !isWelcomed { return "the welcome" }
        if firstAwaited < awaited.count { return "the answer to \(awaited[firstAwaited])" }
        return binaries.isEmpty || mayLoseEchoes ? nil : "a binary echo"
    }
}
