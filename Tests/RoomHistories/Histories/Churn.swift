import RNodeApp
import RNodeTesting

extension HistoryStage {
    /// Has clients join and leave two rooms and die in every way, until so many joins, leaves and ends are done; returns
    /// what is left over.
    public func churn(operations count: Int, seed: UInt64) async throws -> [String] {
        var random = SplitMix(seed: seed)
        let app = app
        let rooms = try await host.run {
            [
                try await app.createRoom("open"),
                try await app.createRoom("narrow", maxConnections: 3),
            ]
        }
        var done = 0
        var rounds = 0
        while done < count {
            for number in 0..<8 {
                done += try await live(&random, rooms, loop: number % 2)
            }
            await host.settle()
            rounds += 1
            if rounds % Self.roundsPerPause == 0 { _ = await pause() }
        }
        operations += done
        return try await leftOver(rooms)
    }

    /// One client's life, left where it is: nobody waits for its end.
    private func live(
        _ random: inout SplitMix, _ rooms: [String], loop: Int
    ) async throws -> Int {
        let socket = try await TestWebSocket.open(host, "/room?clientId=c\(opened)", loop: loop)
        opened += 1
        let count = 1 + random.below(12)
        for _ in 0..<count {
            let type = random.below(3) > 0 ? "join_room" : "leave_room"
            socket.send(#"{"type":"\#(type)","room_id":"\#(rooms[random.below(2)])"}"#)
            if random.below(3) == 0 { host.loops[random.below(2)].turn(waits: false) }
        }
        switch random.below(4) {
        case 0: socket.peer.reset()
        case 1: socket.peer.close()
        case 2: socket.peer.finish()
        default: socket.close()
        }
        return count + 1
    }

    private func leftOver(_ rooms: [String]) async throws -> [String] {
        let app = app
        var found: [String] = []
        for room in rooms {
            let members = try await host.run { await app.getRoomInfo(room)?.connectionsCount }
            if members != 0 { found.append("\(members ?? -1) members") }
            _ = try await host.run { try await app.removeRoom(room) }
        }
        let closes = closes.take().values
        if closes.count != opened || closes.contains(where: { $0 != 1 }) {
            found.append("\(opened) clients, and onClose ran for \(closes.count)")
        }
        if app.getWebSocketConnections() != 0 {
            found.append("\(app.getWebSocketConnections()) connections")
        }
        let open = host.loops.map(\.connectionCount).reduce(0, +)
        // Who only ended its own side may still be waited for by the loop, with nothing of the app's behind it.
        if open > 0 {
            await host.advance(by: .seconds(60))
            let left = host.loops.map(\.connectionCount).reduce(0, +)
            if left > 0 { found.append("\(left) streams") }
        }
        return found
    }
}
