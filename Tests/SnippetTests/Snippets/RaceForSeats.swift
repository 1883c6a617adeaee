import RNodeRooms

/// Has `guests` race for the seats of one room, and returns how many got one: exactly as many as there are.
func raceForSeats(_ seats: Int, guests: Int) async throws -> Int {
    let registry = RoomRegistry(now: { 1_700_000_000_000 })
    let room = try await registry.createRoom("table", maxConnections: seats)
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<guests {
            let (high, low) = RoomRegistry.randomIdentifier()
            let guest = Member(
                id: MemberID(random: high, low), clientID: "guest \(number)", loop: 0,
                location: UInt64(number))
            group.addTask { await sit(guest, in: room, of: registry) }
        }
    }
    return await registry.snapshot(of: room.id)?.connectionsCount ?? 0
}

/// Takes a seat if one is left.
private func sit(_ guest: Member, in room: Room, of registry: RoomRegistry) async {
    // Counted from here on; somebody could still say no, and `release` it.
    guard let seat = try? await registry.reserve(guest, in: room.id) else { return }
    _ = try? await registry.confirm(seat)
}
