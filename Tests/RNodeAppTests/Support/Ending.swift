import RNodeApp
import RNodeTesting

extension Stage {
    /// Asks for the end, and returns when it is announced.
    func beginDrain() async throws -> Task<ShutdownResult, Never> {
        let app = app
        let end = Task { await app.shutdown() }
        try await host.wait(for: "drain") { app.isDraining }
        await host.settle()
        return end
    }

    /// What the end came to.
    func result(_ end: Task<ShutdownResult, Never>) async throws -> ShutdownResult {
        try await host.run { await end.value }
    }

    /// Answers the close frames that have come, and says whose there were.
    func answerCloses(of clients: [Client]) async -> Int {
        var count = 0
        for client in clients {
            for case .close(let code, _) in await client.socket.all() {
                client.socket.close(code)
                count += 1
            }
        }
        return count
    }
}
