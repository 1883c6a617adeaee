import RNodeApp
import RNodeTesting

/// A client of a history: what it asked, and what it saw, in its own order.
final class HistoryClient {
    let number: Int
    let name: String
    let socket: TestWebSocket
    private(set) var faults: [String] = []
    /// Whether it has been told that it is in the room.
    private(set) var isIn = false
    private(set) var isEnding = false
    /// Since which step it is in, as it knows.
    private(set) var inSince = Int.max
    /// The last message of each sender that it got.
    private var lastHeard: [String: Int] = [:]
    private(set) var heard: Set<String> = []
    private var pending: [String: Int] = [:]

    init(number: Int, name: String, socket: TestWebSocket) {
        self.number = number
        self.name = name
        self.socket = socket
    }

    /// Notes that the answer to an operation will bear this id.
    func ask(_ text: String, _ id: String, operation: Int) {
        pending[id] = operation
        socket.send(text)
    }

    func end(byReset isReset: Bool) {
        isEnding = true
        if isReset { socket.peer.reset() } else { socket.close() }
    }

    /// Takes what has come; tells which operations were answered, and how.
    func receive(at step: Int) -> [(operation: Int, MembershipOperation.Outcome)] {
        var answers: [(operation: Int, MembershipOperation.Outcome)] = []
        for case .text(let text) in socket.takeReceived() {
            let kind = Field.text("type", in: text)
            if kind == "room_message" {
                hear(text)
                continue
            }
            let operation = Field.text("id", in: text).flatMap { pending.removeValue(forKey: $0) }
            guard let outcome = outcome(kind, text, step) else { continue }
            if let operation { answers.append((operation, outcome)) }
        }
        return answers
    }

    private func outcome(
        _ kind: String?, _ text: String, _ step: Int
    ) -> MembershipOperation.Outcome? {
        switch kind {
        case "room_joined":
            isIn = true
            inSince = step
            return .joined(members: Field.number("members_count", in: text) ?? -1)
        case "room_left":
            isIn = false
            inSince = .max
            return .left
        case "error": return refusal(Field.text("error_type", in: text) ?? "")
        default: return nil
        }
    }

    private func refusal(_ word: String) -> MembershipOperation.Outcome? {
        switch word {
        case "already_in_room": return .alreadyIn
        case "room_full": return .full
        case "not_a_member": return .notIn
        default:
            faults.append("\(name) was told \(word)")
            return nil
        }
    }

    /// A room's message, `sender-number`: only to a member, each once, and in its sender's order.
    private func hear(_ text: String) {
        let message = Field.text("message", in: text) ?? ""
        let parts = message.split(separator: "-")
        guard parts.count == 2, let number = Int(parts[1]) else {
            return faults.append("\(name) got \(text)")
        }
        if !isIn { faults.append("\(name) got \(message) while it was not in the room") }
        if !heard.insert(message).inserted { faults.append("\(name) got \(message) twice") }
        let sender = String(parts[0])
        if lastHeard[sender, default: -1] >= number {
            faults.append("\(name) got \(message) after a later one")
        }
        lastHeard[sender] = number
    }
}

/// Fields of the server's own JSON, which is flat and has no blanks.
enum Field {
    static func text(_ name: String, in json: String) -> String? {
        guard let start = json.range(after: "\"\(name)\":\"") else { return nil }
        return json[start...].firstIndex(of: "\"").map { String(json[start..<$0]) }
    }

    static func number(_ name: String, in json: String) -> Int? {
        guard let start = json.range(after: "\"\(name)\":") else { return nil }
        return Int(json[start...].prefix { $0.isNumber })
    }
}

extension String {
    fileprivate func range(after text: String) -> Index? {
        firstRange(of: text)?.upperBound
    }
}
