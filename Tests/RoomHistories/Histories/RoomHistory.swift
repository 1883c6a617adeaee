import RNodeApp
import RNodeTesting

/// Three clients on two loops that join, leave, speak and end in a room as a seed says, with a few turns of a loop between,
/// or none: so most operations race.
final class RoomHistory {
    private let stage: HistoryStage
    private var random: SplitMix
    private let room: String
    private let seats: Int
    private var clients: [HistoryClient] = []
    private var operations: [MembershipOperation] = []
    private var step = 0
    private var faults: [String] = []
    /// Messages, with who was in for certain when each was sent.
    private var sent: [(message: String, audience: [Int])] = []
    private var spoken = [0, 0, 0]

    init(_ stage: HistoryStage, seed: UInt64) async throws {
        self.stage = stage
        random = SplitMix(seed: seed)
        seats = random.below(3) == 0 ? 2 : 3
        let (app, seats) = (stage.app, seats)
        room = try await stage.host.run {
            try await app.createRoom("room", maxConnections: seats == 3 ? nil : seats)
        }
        for number in 0..<3 {
            let name = "c\(stage.opened)"
            stage.opened += 1
            let socket = try await TestWebSocket.open(
                stage.host, "/room?clientId=\(name)", loop: number % 2)
            clients.append(HistoryClient(number: number, name: name, socket: socket))
        }
        await stage.host.settle()
        for client in clients { _ = client.receive(at: 0) }
    }

    // MARK: - Playing

    /// Ten steps, and some turns after each.
    func play() async throws {
        for _ in 0..<10 {
            step += 1
            act(clients[random.below(3)])
            for _ in 0..<random.below(4) {
                stage.host.loops[random.below(2)].turn(waits: false)
                if random.below(4) == 0 { await Task.yield() }
            }
            receive()
        }
    }

    private func act(_ client: HistoryClient) {
        guard !client.isEnding else { return }
        stage.operations += 1
        switch random.below(12) {
        case 0...4: ask(client, .join, "join_room")
        case 5...7: ask(client, .leave, "leave_room")
        case 8...10: speak(client)
        default:
            operations.append(MembershipOperation(client: client.number, kind: .end, asked: step))
            client.end(byReset: random.below(2) == 0)
        }
    }

    private func ask(
        _ client: HistoryClient, _ kind: MembershipOperation.Kind, _ type: String
    ) {
        let place = operations.count
        operations.append(MembershipOperation(client: client.number, kind: kind, asked: step))
        client.ask(
            #"{"type":"\#(type)","room_id":"\#(room)","id":"\#(place)"}"#, "\(place)",
            operation: place)
    }

    private func speak(_ client: HistoryClient) {
        // What a client sends before its join is answered is answered after it: only then it is certain to be in.
        guard client.isIn else { return }
        let message = "\(client.name)-\(spoken[client.number])"
        spoken[client.number] += 1
        let isStable = !operations.contains { $0.client == client.number && $0.answered == .max }
        let audience = clients.filter { $0.isIn && $0.inSince < step }.map(\.number)
        if isStable { sent.append((message, audience)) }
        client.socket.send(
            #"{"type":"room_message","room_id":"\#(room)","message":"\#(message)"}"#)
    }

    private func receive() {
        for client in clients {
            for (operation, outcome) in client.receive(at: step) {
                operations[operation].answered = step
                operations[operation].outcome = outcome
            }
        }
    }

    // MARK: - The end

    /// Lets everything come to rest, ends all, and says what was wrong.
    func end() async throws -> [String] {
        await stage.host.settle()
        step += 1
        receive()
        try await checkMembers()
        checkAudiences()
        for client in clients where !client.isEnding { client.end(byReset: random.below(2) == 0) }
        await stage.host.settle()
        try await checkNobodyIsLeft()
        let (app, room) = (stage.app, room)
        _ = try await stage.host.run { try await app.removeRoom(room) }
        return faults + clients.flatMap(\.faults)
    }

    private func checkMembers() async throws {
        let (app, room) = (stage.app, room)
        let members = try await stage.host.run { await app.getRoomInfo(room)?.connectionsCount }
        let known = clients.filter { $0.isIn && !$0.isEnding }
        if members != known.count {
            faults.append("\(members ?? -1) members, and \(known.count) know of it")
        }
        for operation in operations
        where operation.outcome == .none && !clients[operation.client].isEnding {
            faults.append("\(operation) was never answered")
        }
        var sequential = SequentialRoom(operations, seats: seats)
        let final = known.reduce(UInt64(0)) { $0 | 1 << UInt64($1.number) }
        if !sequential.explains(members: final) {
            faults.append("no order explains \(operations)")
        }
    }

    /// Who was in before a message was sent, and did nothing to leave, got it.
    private func checkAudiences() {
        for (message, audience) in sent {
            for number in audience where isStable(clients[number], sender: message) {
                if !clients[number].heard.contains(message) {
                    faults.append("\(clients[number].name) missed \(message)")
                }
            }
        }
    }

    /// Whether neither it nor the sender ever asked to leave or to end.
    private func isStable(_ client: HistoryClient, sender message: String) -> Bool {
        let sender = clients.first { message.hasPrefix($0.name + "-") }
        return !operations.contains { operation in
            (operation.client == client.number || operation.client == sender?.number)
                && operation.kind != .join
        }
    }

    private func checkNobodyIsLeft() async throws {
        let (app, room) = (stage.app, room)
        let members = try await stage.host.run { await app.getRoomInfo(room)?.connectionsCount }
        if members != 0 { faults.append("\(members ?? -1) members are left") }
        let closes = stage.closes.take()
        for client in clients where closes[client.name] != 1 {
            faults.append("onClose ran \(closes[client.name] ?? 0) times for \(client.name)")
        }
        if closes.count != clients.count { faults.append("onClose ran for others: \(closes)") }
        if app.getWebSocketConnections() != 0 {
            faults.append("\(app.getWebSocketConnections()) connections are left")
        }
        _ = try await stage.host.run { try await app.removeRoom(room) }
    }
}
