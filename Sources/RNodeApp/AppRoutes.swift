/// The routes and middleware registered so far, in their order. Wrong ones are kept for `listen` to throw.
struct AppRoutes {
    private(set) var router = TrieRouter<AppRoute>()
    private(set) var middleware = MiddlewareChain()
    private(set) var webSockets: [WebSocketRoute] = []
    private var firstFault: (any Error)?
    private var registered: Set<String> = []

    mutating func add(_ method: RequestMethod?, _ path: String, _ behaviour: HTTPRoute.Behaviour) {
        add(method, path, .http(HTTPRoute(pattern: path, behaviour: behaviour)))
    }

    mutating func add(_ route: WebSocketRoute) {
        do {
            try route.validate()
        } catch {
            firstFault = firstFault ?? error
        }
        webSockets.append(route)
        add(.get, route.path, .webSocket(route))
    }

    mutating func use(_ middleware: some HTTPMiddleware) {
        self.middleware.append(middleware)
    }

    private mutating func add(_ method: RequestMethod?, _ path: String, _ route: AppRoute) {
        do throws(RouteError) {
            try router.add(method, RoutePattern(path), route)
            registered.insert("\(method?.httpMethod.rawValue ?? "*") \(path)")
        } catch {
            firstFault = firstFault ?? error
        }
    }

    /// Whether the user has a GET of its own at a path.
    func hasGet(_ path: String) -> Bool {
        registered.contains("GET \(path)") || registered.contains("* \(path)")
    }

    /// Throws the first registration that was wrong.
    func validate() throws {
        if let firstFault { throw firstFault }
    }
}
