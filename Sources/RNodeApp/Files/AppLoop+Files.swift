// Files as responses: read off the loop, so many at a time.
extension AppLoop {
    /// Puts the file that a response names into it; returns the length of one that was asked for by HEAD, and not read.
    func readFile(
        for response: Response, to request: Request, on connection: ConnectionID
    ) async throws -> Int? {
        guard case .file(let path, let root) = response.body else { return nil }
        guard await core.fileReads.begin() else {
            counters.failed(.fileReads)
            counters.breached(.fileReadsWaitingMax)
            response.reset().failure(503, "Too many files are being read")
                .header("Retry-After", "1")
            return nil
        }
        defer { core.fileReads.end() }
        // Nobody waits for it any more.
        guard eventLoop.withConnection(connection, { _ in true }) == true else { return nil }
        return try await FileResponse(path, root: root).answer(
            request, response, now: core.configuration.wallClock() / 1_000)
    }
}
