import RNodeHTTP

/// Lets only those pass who know the token. The others get 401, and their handler is not run.
struct BearerToken: HTTPMiddleware {
    let token: String

    func handle(_ request: Request, response: Response, next: Next) async throws {
        guard request.field("Authorization") == "Bearer \(token)" else {
            response.status(401).header("WWW-Authenticate", "Bearer").text("Who are you?\n")
            return
        }
        try await next(request, response)
    }
}

/// A handler that is a type of its own: it can hold what it needs, and be tested alone.
struct Health: HTTPHandler {
    let version: String

    func respond(to request: Request, response: Response) async throws {
        response.header("Cache-Control", "no-store").text("healthy, version \(version)\n")
    }
}
