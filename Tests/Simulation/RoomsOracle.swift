/// What must be true of the rooms' messages, whoever is in which loop.
///
/// A member gets each sender's messages in their order, once; none between its `room_left` and its next
/// `room_joined`; and whoever is healthy, joined before a message was sent and never left, gets every one that was
/// acknowledged to its sender.
final class RoomsOracle {
    private struct Key: Hashable {
        let room: Int
        let client: Int
    }

    private struct Publication {
        let room: Int
        let sender: Int
        let number: Int
        let step: Int
        var isAcknowledged = false
    }

    private var counts: [Key: Int] = [:]
    private var publications: [Publication] = []
    /// Where a publication stands that waits for its acknowledgement, by sender and id.
    private var waiting: [String: Int] = [:]
    /// When a member joined, for as long as it did not ask to leave.
    private var joinedAt: [Key: Int] = [:]
    /// Requests to leave that are not answered yet.
    private var leaving: [Key: Int] = [:]
    /// Members that were told that they left.
    private var isOut: Set<Key> = []
    private var last: [Key: [String: Int]] = [:]
    private var received: [Key: Set<Int>] = [:]

    /// The next message of a client to a room: what it begins with.
    func publishes(_ room: Int, _ client: Int) -> String {
        counts[Key(room: room, client: client), default: 0] += 1
        return "\(counts[Key(room: room, client: client)] ?? 0)"
    }

    func asked(_ room: Int, _ client: Int, id: String, step: Int) {
        waiting["\(client) \(id)"] = publications.count
        let number = counts[Key(room: room, client: client)] ?? 0
        publications.append(
            Publication(room: room, sender: client, number: number, step: step))
    }

    func acknowledged(_ client: Int, id: String) {
        guard let place = waiting.removeValue(forKey: "\(client) \(id)") else { return }
        publications[place].isAcknowledged = true
    }

    func joined(_ room: Int, _ client: Int, step: Int) {
        let key = Key(room: room, client: client)
        isOut.remove(key)
        // It may have asked to leave already.
        if leaving[key, default: 0] == 0 { joinedAt[key] = step }
    }

    func mayLeave(_ room: Int, _ client: Int) {
        let key = Key(room: room, client: client)
        joinedAt[key] = nil
        leaving[key, default: 0] += 1
    }

    func leaveAnswered(_ room: Int, _ client: Int) {
        leaving[Key(room: room, client: client), default: 0] -= 1
    }

    func left(_ room: Int, _ client: Int) {
        isOut.insert(Key(room: room, client: client))
    }

    /// Takes what a member got; returns what is wrong about it.
    func received(_ room: Int, _ client: Int, _ message: String, from sender: String?) -> String? {
        let key = Key(room: room, client: client)
        if isOut.contains(key) { return "a message of room \(room) after room_left" }
        let word = message.prefix { $0 != ":" }
        guard let sender, let number = Int(word), let origin = Int(sender.dropFirst()) else {
            return sender == nil ? nil : "a room message that nobody sent: \(word)"
        }
        let before = last[key]?[sender] ?? 0
        last[key, default: [:]][sender] = number
        received[key, default: []].insert(origin << 20 | number)
        return number > before
            ? nil : "message \(number) of \(sender) in room \(room) after \(before)"
    }

    /// What a member that was healthy to the end has missed.
    func missed(by client: Int) -> [String] {
        var missed: [String] = []
        for publication in publications where publication.isAcknowledged {
            let key = Key(room: publication.room, client: client)
            guard let joined = joinedAt[key], joined < publication.step,
                received[key]?.contains(publication.sender << 20 | publication.number) != true
            else { continue }
            missed.append(
                "message \(publication.number) of c\(publication.sender) in room \(publication.room)"
            )
        }
        return missed
    }
}
